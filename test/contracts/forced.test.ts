// What a follower executes is what Settlement counts as executed, whoever forces and settles what.
import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import type { Contract, TransactionReceipt } from "ethers";
import {
  chainInbox,
  type InboxMessage,
  inboxMessageHash,
  Namespace,
  rollupsRoot,
} from "../../protocol/index.ts";
import { type Forced, inboxToExecute } from "../../sdk/index.ts";
import {
  bytes,
  call,
  Chain,
  checkpointOf,
  send,
  TestCommittee,
  totalsOf,
} from "./support/chain.ts";

let chain: Chain;
let hub: Contract;
const alone = TestCommittee.ofEqual(1, 1);

beforeAll(async () => {
  chain = await Chain.open();
  hub = await chain.deployHub(alone);
}, 120_000);

test("every message is executed once, in the order of the inbox, by the events of L1", async () => {
  const step = fc.record({
    does: fc.constantFrom("enqueue", "enqueue", "force", "settle", "wait"),
    by: fc.nat({ max: 5 }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 30 }), async (steps) => {
      const rollup = await OneRollup.open();
      for (const { does, by } of steps) await rollup[does](by);
      const executed = Number(await call(rollup.settlement, "executed"));
      expect(rollup.executed()).toEqual(rollup.messages.slice(0, executed));
    }),
    { numRuns: 15 },
  );
}, 120_000);

/** A rollup with one leaf, and what its followers know of it. */
class OneRollup {
  readonly settlement: Contract;
  readonly messages: InboxMessage[] = [];
  readonly #namespace: Namespace;
  readonly #batches: (readonly InboxMessage[])[] = [];
  readonly #forced: Forced[] = [];

  private constructor(settlement: Contract, namespace: Namespace) {
    this.settlement = settlement;
    this.#namespace = namespace;
  }

  static async open(): Promise<OneRollup> {
    const settlement = await chain.deploySettlement(hub);
    return new OneRollup(settlement, Namespace(Number(await call(settlement, "ID"))));
  }

  async enqueue(by: number): Promise<void> {
    const receipt = await send(this.settlement, "enqueue", `0x0${by}`);
    const { timestamp } = (await receipt.getBlock()) ?? { timestamp: 0 };
    const message = {
      namespace: this.#namespace,
      index: this.messages.length,
      sender: bytes(receipt.from),
      timestamp,
      data: Uint8Array.of(by),
    };
    this.messages.push({ ...message, messageHash: inboxMessageHash(message) });
  }

  async wait(by: number): Promise<void> {
    await chain.ethers.provider.send("evm_increaseTime", [(by + 1) * 9 * 3_600]);
    await chain.ethers.provider.send("evm_mine", []);
  }

  /** Whatever is overdue at all, when it is more than `by`. */
  async force(by: number): Promise<void> {
    const to = Number(await call(this.settlement, "executed")) + by;
    await this.#try("force", to);
  }

  /** One more batch, which reads up to `by` messages. */
  async settle(by: number): Promise<void> {
    const read = this.#batches.flat().length;
    const inbox = this.messages.slice(read, read + by);
    const all = this.messages.slice(0, read + inbox.length);
    const leaf = {
      namespace: this.#namespace,
      batches: this.#batches.length + 1,
      inboxRead: all.length,
      spent: 0,
      earned: 0,
      batchesHash: new Uint8Array(32),
      inboxHash: all.map(({ messageHash }) => messageHash).reduce(chainInbox, new Uint8Array(32)),
    };
    const [last, , count] = await call<readonly bigint[]>(hub, "latest");
    await chain.finalize(hub, alone, checkpointOf(Number(last) + 1, rollupsRoot([leaf])));
    const proof = Array.from({ length: proofLength(this.#namespace) }, () => new Uint8Array(32));
    const values = [Number(count) + 1, totalsOf(leaf), proof];
    if ((await this.#try("settle", ...values)) !== undefined) this.#batches.push(inbox);
  }

  /** As a follower replays it: the batches that are settled, with what was forced between them and behind. */
  executed(): InboxMessage[] {
    const last = { number: this.#batches.length + 1, inbox: [] };
    const batches = this.#batches.map((inbox, i) => ({ number: i + 1, inbox }));
    return [...batches, last].flatMap((batch) => {
      const { forced, read } = inboxToExecute(batch, this.#forced);
      return this.messages.filter(({ index }) => forced.includes(index)).concat(read);
    });
  }

  async #try(name: string, ...values: readonly unknown[]): Promise<TransactionReceipt | undefined> {
    try {
      const receipt = await send(this.settlement, name, ...values);
      for (const log of receipt.logs) {
        const event = this.settlement.interface.parseLog(log);
        if (event?.name !== "Forced") continue;
        const [batches, from, to] = [0, 1, 2].map((i) => Number(event.args[i]));
        this.#forced.push({ batches: batches ?? 0, from: from ?? 0, to: to ?? 0 });
      }
      return receipt;
    } catch {
      return undefined;
    }
  }
}

function proofLength(namespace: number): number {
  return namespace === 0 ? 0 : Math.floor(Math.log2(namespace)) + 1;
}
