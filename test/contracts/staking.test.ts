// Stake against a model of it, over random histories of all that operators, those who delegate, payers and the hub do: each
// is refused for the same reason, or moves the same tokens; and in the end everyone has earned the same.
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { type Contract, type TransactionResponse, ZeroHash } from "ethers";
import { concatBytes, unreachable } from "../../base/index.ts";
import { g1Uncompressed, g2ToEip2537, keccak256, provePossession } from "../../crypto/index.ts";
import { Fr, fromScalar, toInteger } from "../../crypto/scalar.ts";
import {
  checkpointDigest,
  committeeHash,
  committeeHead,
  Epoch,
  possessionDigest,
} from "../../protocol/index.ts";
import { blstBls } from "../../sequencer/crypto/index.ts";
import {
  bytes,
  call,
  Chain,
  checkpointOf,
  defined,
  hex,
  secretOf,
  send,
  TestCommittee,
} from "./support/chain.ts";
import {
  type Action,
  delegatedTo,
  delegationOf,
  stakeLeast,
  StakeModel,
  sumOf,
  unbonding,
  unit,
} from "./support/stake-model.ts";

type Step =
  | Action
  | { readonly type: "prepare" }
  | { readonly type: "rotate" }
  | { readonly type: "wait"; readonly seconds: bigint }
  | { readonly type: "claim"; readonly operator: string }
  | { readonly type: "claimDelegation"; readonly operator: string; readonly delegator: string };

const operators = Array.from({ length: 10 }, (_, i) => addressOf("a", i));
/** Registered from the start. */
const first = operators.slice(0, 6);
/** The others stay, for a committee needs four. */
const leavers = [0, 1, 6, 7, 8, 9].map((i) => defined(operators[i]));
const delegators = [addressOf("d", 0), addressOf("d", 1)];
const payer = addressOf("f", 0);
const rich = 10n ** 24n;
const sealing = keccak256(Uint8Array.of(1));

let chain: Chain;

beforeAll(async () => {
  chain = await Chain.open();
}, 120_000);

describe.each([
  ["with seats to spare", 0, 16],
  ["with all 128 seats taken", 122, 3],
])("%s", (_, others, numRuns) => {
  test("the contract does what the model does", async () => {
    const start = await Play.begin(others);
    const seen = new Set<string>();
    await fc.assert(
      fc.asyncProperty(anyHistory(), async (steps) => {
        const play = await start.again();
        for (const step of steps) for (const what of await play.do(step)) seen.add(what);
        await play.settleUp();
      }),
      // A history is not made shorter: that takes minutes, and each failure is at one step of it.
      { numRuns, seed: 7, endOnFailure: true },
    );
    // Histories in which nothing happens agree as well.
    const wanted = others > 0 ? crowded : common;
    expect(wanted.filter((what) => !seen.has(what))).toEqual([]);
  }, 300_000);
});

const common = (
  "register addStake exit withdraw slash setCommission reward delegate undelegate withdrawDelegation NotRegistered " +
  "StillBonded NothingToSlash CommissionTooHigh CommissionAnnounced CommissionStepTooLarge NotDelegated"
).split(" ");
const crowded = ["register", "put out", "Full", "delegate", "undelegate", "slash"];

function anyHistory(): fc.Arbitrary<readonly Step[]> {
  const steps = fc.array(anyStep(), { minLength: 90, maxLength: 100 });
  const beginnings = fc.constantFrom<(readonly Step[])[]>([], leftInTime);
  return fc.tuple(beginnings, steps).map(([beginning, rest]) => beginning.concat(rest));
}

const [liar = "", friend = ""] = [leavers[0], delegators[0]];
/** What was undelegated is free when the rest is slashed; by chance that hardly happens. */
const leftInTime: readonly Step[] = [
  { type: "delegate", operator: liar, delegator: friend, amount: 3n * stakeLeast, most: 2000n },
  { type: "undelegate", operator: liar, delegator: friend, amount: stakeLeast },
  { type: "prepare" },
  { type: "rotate" },
  { type: "wait", seconds: unbonding },
  { type: "slash", operator: liar },
];

function anyStep(): fc.Arbitrary<Step> {
  const operator = fc.constantFrom(
    ...operators,
    ...operators.slice(0, 3),
    ...operators.slice(0, 3),
  );
  const leaver = fc.constantFrom(...leavers);
  const delegator = fc.constantFrom(...delegators);
  const amount = fc.bigInt({ min: 0n, max: 4n * stakeLeast });
  const of = <T extends Step["type"]>(type: T): fc.Arbitrary<T> => fc.constant(type);
  // Of less than the smallest and a tenth as well.
  const entry = fc.oneof(amounts(3n), fc.bigInt(stakeLeast, stakeLeast + stakeLeast / 8n));
  const day = 24n * 3600n;
  const steps: readonly (readonly [number, fc.Arbitrary<Step>])[] = [
    [1, fc.record({ type: of("register"), operator: leaver, amount: entry })],
    [1, fc.record({ type: of("addStake"), operator, amount })],
    [1, fc.record({ type: of("exit"), operator: leaver })],
    [1, fc.record({ type: of("slash"), operator: leaver })],
    [2, fc.record({ type: of("withdraw"), operator: leaver })],
    [5, fc.record({ type: of("delegate"), operator, delegator, amount, most })],
    [3, fc.record({ type: of("undelegate"), operator, delegator, amount: amounts(2n) })],
    [6, fc.record({ type: of("withdrawDelegation"), operator, delegator })],
    [4, fc.record({ type: of("reward"), amount: fc.bigInt(0n, 10n ** 12n) })],
    [3, fc.record({ type: of("setCommission"), operator, commission: fc.bigInt(0n, 210n) })],
    [1, fc.record({ type: of("setCommission"), operator, commission: fc.bigInt(0n, 2100n) })],
    [1, fc.record({ type: of("claim"), operator })],
    [1, fc.record({ type: of("claimDelegation"), operator, delegator })],
    [5, fc.record({ type: of("prepare") })],
    [4, fc.record({ type: of("rotate") })],
    [3, fc.record({ type: of("wait"), seconds: fc.constantFrom(10n * day, unbonding, unbonding) })],
  ];
  return fc.oneof(...steps.map(([weight, arbitrary]) => ({ weight, arbitrary })));
}

const most = fc.constantFrom(2000n, 2000n, 150n);

/** Up to so many times the least stake. */
function amounts(times: bigint): fc.Arbitrary<bigint> {
  return fc.bigInt({ min: 0n, max: times * stakeLeast });
}

interface Next {
  readonly head: Uint8Array;
  readonly secret: Uint8Array;
}

/** One history, on the chain and in the model. */
class Play {
  readonly #hub: Contract;
  readonly #stake: Contract;
  readonly #others: readonly string[];
  readonly #model: StakeModel = new StakeModel();
  /** What has come in and was not claimed. */
  #income = 0n;
  /** Of this epoch's committee, and of the one that was prepared last. */
  #present: Next;
  #prepared: Next | undefined;
  #number = 0;
  readonly #claimed = new Map<string, bigint>();
  #balance = 0n;
  #snapshot = "";
  #start = 0n;

  private constructor(hub: Contract, stake: Contract, others: readonly string[], present: Next) {
    this.#hub = hub;
    this.#stake = stake;
    this.#others = others;
    this.#present = present;
  }

  /** A hub, and its first operators with the others, whom nothing happens to but that they may lose their seats. */
  static async begin(count: number): Promise<Play> {
    const committee = TestCommittee.ofEqual(1, 1);
    const hub = await chain.deployHub(committee);
    const stake = await chain.stakeOf(hub);
    const others = Array.from({ length: count }, (_, i) => addressOf("c", i));
    const present = { head: committee.head, secret: committee.secretOf(0) };
    const play = new Play(hub, stake, others, present);
    const hubAddress = await hub.getAddress();
    for (const account of [...operators, ...others, ...delegators, payer, hubAddress]) {
      await rpc("hardhat_impersonateAccount", account);
      await rpc("hardhat_setBalance", account, "0x56bc75e2d63100000");
      await send(chain.token, "mint", account, rich);
      const token = chain.token.connect(await chain.ethers.getSigner(account)) as Contract;
      await send(token, "approve", await stake.getAddress(), rich);
    }
    for (const [i, operator] of [...first, ...others].entries())
      await play.#register(operator, stakeLeast + BigInt(i) * 1_000_003n);
    play.#start = BigInt(defined(await chain.ethers.provider.getBlock("latest"))?.timestamp ?? 0);
    play.#snapshot = await rpc("evm_snapshot");
    return play;
  }

  /** The same beginning once more. */
  async again(): Promise<Play> {
    await rpc("evm_revert", this.#snapshot);
    this.#snapshot = await rpc("evm_snapshot");
    const play = new Play(this.#hub, this.#stake, this.#others, this.#present);
    play.#model.time = this.#start;
    for (const [i, operator] of [...first, ...this.#others].entries())
      play.#model.apply({
        type: "register",
        operator,
        amount: stakeLeast + BigInt(i) * 1_000_003n,
      });
    play.#balance = play.#model.staked;
    return play;
  }

  /** What has come of it, for the test to see that something has. */
  async do(step: Step): Promise<readonly string[]> {
    if (step.type === "prepare") await this.#prepare();
    else if (step.type === "rotate") await this.#rotate();
    else if (step.type === "wait") this.#model.time += step.seconds;
    else if (step.type === "claim") await this.#claim(step.operator, step.operator);
    else if (step.type === "claimDelegation") await this.#claim(step.operator, step.delegator);
    else return this.#act(step);
    return [];
  }

  /** Everyone takes what it has earned, and no more than a fraction of a unit is left of what the model gives it. */
  async settleUp(): Promise<void> {
    for (const [name, operator] of this.#model.operators) {
      if (this.#others.includes(name)) continue;
      await this.#claim(name, name);
      for (const delegator of operator.delegations.keys()) await this.#claim(name, delegator);
      await this.#compare(name);
    }
    const found = await call<readonly string[]>(this.#stake, "activeOperators");
    expect(found.map((each) => each.toLowerCase()).toSorted()).toEqual(
      this.#model.active.toSorted(),
    );
  }

  async #act(action: Action): Promise<readonly string[]> {
    await this.#nextSecond();
    const before = this.#model.active;
    const effect = this.#model.apply(action);
    const refused = "refused" in effect ? effect.refused : undefined;
    const error = await this.#send(action);
    // The name and no more: the model does not say with which numbers.
    expect(error === undefined ? undefined : /'(\w+)\(/.exec(error)?.[1], error).toBe(refused);
    const seen = [refused ?? action.type];
    if (!("refused" in effect)) {
      this.#balance += effect.in - effect.out;
      if (effect.putsOut !== undefined) {
        await this.#putOut(before, effect.putsOut);
        seen.push("put out");
      }
    }
    expect(await this.#held()).toBe(this.#balance);
    expect(this.#balance).toBe(this.#model.staked + this.#income);
    if ("operator" in action) await this.#compare(action.operator);
    return seen;
  }

  /** Which of several that have as little is the contract's choice. */
  async #putOut(before: readonly string[], behind: bigint): Promise<void> {
    const found = await call<readonly string[]>(this.#stake, "activeOperators");
    const active = new Set(found.map((each) => each.toLowerCase()));
    const gone = before.filter((each) => !active.has(each));
    expect(gone).toHaveLength(1);
    expect(this.#model.behind(defined(gone[0]))).toBe(behind);
    this.#model.putOut(defined(gone[0]));
  }

  async #send(action: Action): Promise<string | undefined> {
    const { sender, name, values } = this.#callOf(action);
    const contract = this.#stake.connect(await chain.ethers.getSigner(sender)) as Contract;
    try {
      const sent = contract.getFunction(name).send(...values, { gasLimit: 8_000_000 });
      await ((await sent) as TransactionResponse).wait();
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
    if (action.type === "reward") this.#income += action.amount;
    return undefined;
  }

  #callOf(action: Action): { sender: string; name: string; values: readonly unknown[] } {
    switch (action.type) {
      case "register":
        return {
          sender: action.operator,
          name: "register",
          values: this.#registration(action.operator, action.amount),
        };
      case "addStake":
        return { sender: action.operator, name: "addStake", values: [action.amount] };
      case "exit":
      case "withdraw":
        return { sender: action.operator, name: action.type, values: [] };
      case "slash":
        return {
          sender: placeOf(this.#hub),
          name: "slash",
          values: [action.operator, payer],
        };
      case "setCommission":
        return { sender: action.operator, name: "setCommission", values: [action.commission] };
      case "delegate":
        return {
          sender: action.delegator,
          name: "delegate",
          values: [action.operator, action.amount, action.most],
        };
      case "undelegate":
        return {
          sender: action.delegator,
          name: "undelegate",
          values: [action.operator, action.amount],
        };
      case "withdrawDelegation":
        return { sender: action.delegator, name: "withdrawDelegation", values: [action.operator] };
      case "reward":
        return { sender: payer, name: "reward", values: [action.amount] };
      default:
        return unreachable(action);
    }
  }

  async #claim(operator: string, who: string): Promise<void> {
    await this.#nextSecond();
    const known = this.#model.operators.get(operator);
    const contract = this.#stake.connect(await chain.ethers.getSigner(who)) as Contract;
    if (operator === who) await send(contract, "claim");
    else await send(contract, "claimDelegation", operator);
    const held = await this.#held();
    const paid = this.#balance - held;
    this.#balance = held;
    this.#income -= paid;
    const key = `${operator} ${who}`;
    const claimed = (this.#claimed.get(key) ?? 0n) + paid;
    this.#claimed.set(key, claimed);
    const own = known?.earned ?? 0n;
    const earned = operator === who || known === undefined ? own : delegationOf(known, who).earned;
    // Down to whole units; the contract's own fractions are of 2^-128, the model's smaller.
    const slack = unit >> 32n;
    expect(claimed * unit <= earned + slack, `${key} has too much`).toBe(true);
    expect(claimed * unit > earned - unit - slack, `${key} has too little`).toBe(true);
  }

  async #compare(name: string): Promise<void> {
    const operator = this.#model.operators.get(name);
    const [keyHash, own, isActive] = await call<readonly [string, bigint, boolean]>(
      this.#stake,
      "operatorOf",
      name,
    );
    if (operator === undefined) return expect(keyHash).toBe(ZeroHash);
    expect([own, isActive]).toEqual([sumOf(operator.lots), operator.isActive]);
    const [delegated] = await call<readonly bigint[]>(this.#stake, "poolOf", name);
    expect(delegated).toBe(delegatedTo(operator));
    for (const [delegator, { lots, leaving, lastEpoch }] of operator.delegations) {
      const found = await call<readonly bigint[]>(this.#stake, "delegationOf", name, delegator);
      expect([...found]).toEqual([sumOf(lots), leaving, BigInt(lastEpoch)]);
    }
  }

  async #prepare(): Promise<void> {
    if (this.#prepared !== undefined) return;
    const active = await call<readonly string[]>(this.#stake, "activeOperators");
    if (active.length < 4) return;
    const from = await call<bigint>(this.#hub, "preparableFrom");
    if (this.#model.time < from) this.#model.time = from;
    await this.#nextSecond();
    const secrets = active.map((each) => secretOfOperator(each.toLowerCase()));
    const keys = secrets.map(keyOf);
    await send(this.#hub, "prepare", hex(concatBytes(...keys)));
    const head = defined(committeeHead(keys.map((publicKey) => ({ publicKey, weight: 1 }))));
    const sum = secrets.map(toInteger).reduce((a, b) => Fr.add(a, b));
    this.#prepared = { head, secret: fromScalar(sum) };
    this.#model.preparedEpoch = this.#model.epoch + 1;
  }

  async #rotate(): Promise<void> {
    const next = this.#prepared;
    if (next === undefined) return;
    await this.#nextSecond();
    const committee = committeeHash(next.head);
    this.#number++;
    const checkpoint = {
      ...checkpointOf(this.#number, sealing),
      epoch: Epoch(this.#model.epoch),
      next: keccak256(committee, sealing),
    };
    const digest = checkpointDigest(await chain.domainOf(this.#hub), checkpoint);
    const signature = defined(g2ToEip2537(blstBls.sign(this.#present.secret, digest)));
    const proof = [hex(this.#present.head), "0x", hex(signature)];
    await send(this.#hub, "rotate", checkpoint, ...proof, hex(committee), hex(sealing));
    this.#model.rotate();
    this.#present = next;
    this.#prepared = undefined;
  }

  async #register(operator: string, amount: bigint): Promise<void> {
    const contract = this.#stake.connect(await chain.ethers.getSigner(operator)) as Contract;
    await send(contract, "register", ...this.#registration(operator, amount));
  }

  #registration(operator: string, amount: bigint): readonly unknown[] {
    const secret = secretOfOperator(operator);
    const publicKey = keyOf(secret);
    const stake = bytes(placeOf(this.#stake));
    const claim = { chainId: chain.chainId, stake, operator: bytes(operator), publicKey };
    const proof = defined(g2ToEip2537(provePossession(secret, possessionDigest(claim))));
    return [hex(publicKey), hex(proof), hex(keccak256(secret)), "", amount];
  }

  /** Every transaction has a second of its own. */
  async #nextSecond(): Promise<void> {
    this.#model.time++;
    await rpc("evm_setNextBlockTimestamp", `0x${this.#model.time.toString(16)}`);
  }

  async #held(): Promise<bigint> {
    return call<bigint>(chain.token, "balanceOf", placeOf(this.#stake));
  }
}

function placeOf({ target }: Contract): string {
  if (typeof target !== "string") throw new Error("a deployed contract has an address");
  return target;
}

async function rpc(method: string, ...params: readonly string[]): Promise<string> {
  return (await chain.ethers.provider.send(method, [...params])) as string;
}

function addressOf(kind: string, index: number): string {
  return `0x${kind.repeat(36)}${index.toString(16).padStart(4, "0")}`;
}

function secretOfOperator(operator: string): Uint8Array {
  return secretOf(29, Number(`0x${operator.slice(-10)}`) % 2 ** 40);
}

function keyOf(secret: Uint8Array): Uint8Array {
  return defined(g1Uncompressed(blstBls.publicKey(secret)));
}
