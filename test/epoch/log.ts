// A chain that is an array, and the nodes that read it: each with its succession, its part in the rounds, and a keeper
// that does their jobs at once. What is said at one height stands in the block of the next.

import { assert, decode, encode, toHex } from "../../base/index.ts";
import {
  combineShares,
  decryptionShares,
  epochPublicKey,
  isValidOpening,
  makeDealing,
  nobleNetworkSignatures,
  revealShares,
  toSealingKey,
} from "../../crypto/index.ts";
import {
  type Attempt,
  judge,
  openableDealers,
  ownKeyShare,
  Participant,
  type ParticipantEffect,
  planOf,
  readAttempt,
  type RoundAnswer,
  type RoundJob,
  seatsToReveal,
  Succession,
  type SuccessionBlock,
  writeAttempt,
} from "../../epoch/index.ts";
import {
  type Candidate,
  type Committee,
  type Control,
  encodeCommittee,
  Epoch,
  fromControlTransaction,
  type HeldKey,
  Height,
  keysOf,
  Micros,
  quorum,
  toControlTransaction,
} from "../../protocol/index.ts";
import { mclSealingGroup as group, randomness } from "../crypto/sealing-fixture.ts";

const signatures = nobleNetworkSignatures;
const chainId = 7_001;

/** What a node keeps over its epochs. */
export interface Identity {
  readonly name: number;
  readonly candidate: Candidate;
  readonly networkSecret: Uint8Array;
  readonly seed: Uint8Array;
  /** By epoch, one for all keys. */
  readonly epochKeys: Map<number, Uint8Array>;
  /** By the epoch and the id of the key. */
  readonly keyShares: Map<string, Uint8Array>;
}

export function identity(name: number): Identity {
  const networkSecret = randomness(32, 64 + name);
  return {
    name,
    candidate: {
      publicKey: randomness(48, name),
      networkKey: signatures.publicKey(networkSecret),
    },
    networkSecret,
    seed: randomness(32, 128 + name),
    epochKeys: new Map(),
    keyShares: new Map(),
  };
}

/** A committee that has no key yet. */
export function keyless(identities: readonly Identity[], epoch = 0): Committee {
  return {
    epoch: Epoch(epoch),
    members: identities.map(({ candidate }) => ({
      ...candidate,
      verificationKey: new Uint8Array(96),
    })),
    sealing: undefined,
  };
}

export const parameters = { epochTime: 50, dkgWindow: 4, keyEpochs: 0, keyOverlap: 30 };

/** What a node may do to everybody's harm; each is asked before it says something. */
export type Temper = (control: Control, expiry: Height) => readonly Control[];

export interface LogOptions {
  readonly committee: Committee;
  /** By default whoever has a part in it. */
  readonly candidates?: readonly Candidate[] | undefined;
  readonly tempers?: ReadonlyMap<number, Temper>;
  readonly parameters?: typeof parameters;
}

/** All who have or will have a part in one epoch and its end. */
export class Log {
  readonly nodes: readonly LogNode[];
  readonly blocks: SuccessionBlock[] = [];
  readonly #options: LogOptions;
  #said: Control[] = [];

  constructor(identities: readonly Identity[], options: LogOptions) {
    const candidates = identities.map(({ candidate }) => candidate);
    this.#options = { candidates, ...options };
    this.nodes = identities.map((each) => new LogNode(each, options));
  }

  get height(): number {
    return this.blocks.length;
  }

  /** One more block; a tick of block time each. */
  advance(): void {
    const height = Height(this.height + 1);
    const block: SuccessionBlock = {
      height,
      time: Micros(height * 10),
      epochStart: Micros(10),
      candidates: this.#options.candidates,
      controls: this.#said,
    };
    this.blocks.push(block);
    this.#said = [];
    for (const node of this.nodes) this.#said.push(...node.onFinal(block));
  }

  /** With whom the epoch closes, once every node knows; undefined when it does not within so many blocks. */
  close(blocksMax = 200): Committee | undefined {
    for (let i = 0; i < blocksMax; i++) {
      const next = this.nodes.map((node) => node.succession.nextCommittee(Height(this.height + 1)));
      const known = next.filter((each) => each !== "unknown" && each !== undefined);
      const [first] = known;
      assert(new Set(known.map(toText)).size <= 1, "all find the same");
      if (first !== undefined && known.length === next.length) return first;
      this.advance();
    }
    return undefined;
  }
}

export class LogNode {
  readonly identity: Identity;
  succession: Succession;
  readonly #options: LogOptions;
  #participant: Participant;
  #height = Height(0);

  constructor(identity: Identity, options: LogOptions) {
    this.identity = identity;
    this.#options = options;
    this.succession = this.#begin(undefined);
    this.#participant = new Participant(this.succession, identity.candidate.networkKey);
  }

  /** Forgets all but what it keeps on disk. */
  restart(): void {
    this.succession = this.#begin(this.succession.snapshot());
    this.#participant = new Participant(this.succession, this.identity.candidate.networkKey);
  }

  onFinal(block: SuccessionBlock): Control[] {
    this.#height = block.height;
    this.succession.onFinal(block);
    return this.#absorb(this.#participant.step({ type: "advanced" }));
  }

  #begin(snapshot: Uint8Array | undefined): Succession {
    const { committee, parameters: own = parameters } = this.#options;
    return new Succession({ committee, parameters: own }, this.#height, snapshot);
  }

  #absorb(effects: readonly ParticipantEffect[]): Control[] {
    return effects.flatMap((effect) => {
      if (effect.type === "say") return this.#say(effect.control, effect.expiry);
      const answer = this.#work(effect.job);
      return answer === undefined ? [] : this.#absorb(this.#participant.step(answer));
    });
  }

  #say(control: Control, expiry: Height): readonly Control[] {
    const temper = this.#options.tempers?.get(this.identity.name);
    const said = temper === undefined ? [control] : temper(control, expiry);
    return said.map((each) => overTheWire(each, { expiry, secret: this.identity.networkSecret }));
  }

  #work(job: RoundJob): RoundAnswer | undefined {
    const { committee } = this.#options;
    const { seed, epochKeys, keyShares } = this.identity;
    if (job.type === "draw-epoch-key") {
      const key =
        epochKeys.get(job.epoch) ?? randomness(32, (job.epoch * 31 + this.identity.name) % 256);
      epochKeys.set(job.epoch, key);
      const { attempt, keyId } = job;
      return { type: "epoch-key", attempt, keyId, epochKey: epochPublicKey(key) };
    }
    const attempt = copyOf(job.attempt);
    const { keyId } = attempt;
    const plan = planOf(attempt, { chainId, committee });
    const isHandingOn = plan.previous !== undefined;
    const keyShare = isHandingOn ? keyShares.get(`${committee.epoch} ${keyId}`) : undefined;
    const epochKey = epochKeys.get(attempt.epoch) ?? new Uint8Array(32);
    const name = { attempt: attempt.number, keyId };
    switch (job.type) {
      case "make-dealing": {
        const isLost = isHandingOn && keyShare === undefined;
        const secrets = { dealer: job.dealer, seed, keyShare };
        const dealing = isLost ? undefined : makeDealing(group, plan, secrets);
        return { type: "dealing-made", ...name, dealing };
      }
      case "open-dealings": {
        const dealers = openableDealers(group, plan, attempt, { seat: job.seat, epochKey });
        return { type: "dealings-opened", ...name, dealers };
      }
      case "reveal-shares": {
        const seats = seatsToReveal(plan, attempt, job.dealer) ?? [];
        const shares = revealShares(plan, { dealer: job.dealer, seed, keyShare }, seats);
        return { type: "shares-revealed", ...name, shares };
      }
      case "judge": {
        const verdict = judge(group, plan, attempt);
        const own = verdict && job.seat !== undefined && { seat: job.seat, epochKey, verdict };
        const share = own && ownKeyShare(group, plan, attempt, own);
        if (share) keyShares.set(`${attempt.epoch} ${keyId}`, share);
        return { type: "judged", ...name, verdict };
      }
      default:
        return undefined;
    }
  }
}

/** A worker gets bytes. */
function copyOf(attempt: Attempt): Attempt {
  const copy = decode(encode(attempt, writeAttempt), readAttempt);
  assert(copy !== undefined, "an attempt has one encoding");
  return copy;
}

function overTheWire(
  control: Control,
  { expiry, secret }: { readonly expiry: Height; readonly secret: Uint8Array },
): Control {
  const sign = (digest: Uint8Array): Uint8Array => signatures.sign(secret, digest);
  const received = fromControlTransaction(toControlTransaction(control, { chainId, expiry, sign }));
  assert(received !== undefined, "a control transaction can be read");
  return received;
}

function toText(committee: Committee): string {
  return toHex(encodeCommittee(committee));
}

export function candidatesOf(identities: readonly Identity[]): Candidate[] {
  return identities.map(({ candidate }) => candidate);
}

export function closed(log: Log): Committee {
  const next = log.close();
  assert(next !== undefined, "the epoch closes");
  return next;
}

/** Whether the first quorum of these, with the shares that they have kept, open what is sealed to a key of their committee:
 * the newest unless said otherwise. */
export function opens(
  committee: Committee,
  identities: readonly Identity[],
  key: Pick<HeldKey, "keyId" | "pk1" | "pk2"> | undefined = keysOf(committee)[0],
): boolean {
  const { members, epoch } = committee;
  assert(
    key !== undefined && toSealingKey(group, { chainId, ...key }) !== undefined,
    "it is a key",
  );
  const points = [group.multiplyG1(randomness(32, 3).fill(0, 0, 1))];
  const holders = identities.slice(0, quorum(members.length));
  const seats = holders.map(
    ({ candidate }) =>
      members.findIndex(({ networkKey }) => toHex(networkKey) === toHex(candidate.networkKey)) + 1,
  );
  const rows = holders.map(({ keyShares }) => {
    const share = keyShares.get(`${epoch} ${key.keyId}`);
    assert(share !== undefined, "every member has its share of every key");
    return decryptionShares(group, share, points);
  });
  const openings = combineShares(group, { seats, rows }) ?? [];
  return isValidOpening(group, { pk2: key.pk2, points, openings, randomness: randomness(16) });
}
