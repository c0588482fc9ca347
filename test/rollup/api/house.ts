// The API on a real port, with a real engine behind it. The sequencer is this: what is submitted is in the next batch.

import { type Api, type ApiOptions, startApi } from "../../../rollup/api/index.ts";
import {
  type Action,
  type ActionList,
  actionsDigest,
  decodeActions,
  encodeActions,
  type RollupDomain,
  signActions,
  type SignedActionList,
  signerOfActions,
} from "../../../rollup/index.ts";
import { toSignedList } from "../../../rollup/node/index.ts";
import { StateTrees } from "../../../rollup/state/index.ts";
import { addressOf, sha256, utf8 } from "../../../sdk/index.ts";
import { market, marketParameters, World } from "../engine/world.ts";
import { transactionOf, WorldSource } from "./executed.ts";

export const domain: RollupDomain = {
  chainId: 31_337,
  settlement: new Uint8Array(20).fill(0xc0),
  rollupId: 1,
};

export function keyOf(name: string): Uint8Array {
  return sha256(utf8(name));
}

export function ownerOf(name: string): Uint8Array {
  return addressOf(keyOf(name));
}

/** Accounts in the order of their first deposits. */
const traders = ["alice", "bob"];

export const accountIds: Readonly<Record<string, number>> = { alice: 2, bob: 3 };

export class House {
  readonly world: World = new World({ markets: [[market, marketParameters]] });
  readonly source: WorldSource = new WorldSource(this.world);
  readonly trees: StateTrees;
  readonly submitted: Uint8Array[] = [];
  readonly logged: string[] = [];
  /** Thrown at the next submission. */
  failure: Error | undefined;
  #api: Api | undefined;
  #nonce = 0;

  private constructor() {
    for (const name of traders) this.deposit(name, 100_000);
    this.world.price(600_000).anchored().run();
    this.trees = new StateTrees(domain.rollupId, this.world.state, []);
  }

  static async open(options: Partial<ApiOptions> = {}): Promise<House> {
    const house = new House();
    house.#api = await startApi({
      source: house.source,
      submit: (payload) => house.#submit(payload),
      trees: house.trees,
      host: "127.0.0.1",
      port: 0,
      domain,
      logger: { error: (phrase) => void house.logged.push(phrase) },
      names: [{ id: market, name: "BTC-PERP", tickSize: "0.1" }],
      ...options,
    });
    return house;
  }

  get url(): string {
    if (this.#api === undefined) throw new Error("the house is open");
    return this.#api.url;
  }

  close(): Promise<void> | undefined {
    return this.#api?.close();
  }

  deposit(name: string, tokens: number): void {
    const tokenAmount = BigInt(tokens) * 1_000_000n;
    this.world.l1({ type: "deposit", owner: ownerOf(name), subId: 0, tokenAmount });
  }

  /** One batch with all that was submitted since the last. */
  run(priceTicks = 600_000): void {
    this.world.price(priceTicks).anchored();
    const batch = this.world.batch();
    const outcome = this.world.apply(batch);
    this.trees.apply(outcome);
    this.source.tell(batch, outcome);
  }

  sign(
    name: string,
    actions: readonly Action[],
    changes: Partial<ActionList> = {},
  ): SignedActionList {
    const list: ActionList = {
      account: accountIds[name] ?? 0,
      key: 0,
      nonce: ++this.#nonce,
      validUntilMs: this.world.timeMs + 60_000,
      relayTip: 0n,
      relayer: new Uint8Array(20),
      actions,
      ...changes,
    };
    return signActions(domain, list, keyOf(name));
  }

  post(signed: SignedActionList): Promise<Response> {
    return this.ask("/v1/actions", {
      method: "POST",
      body: encodeActions(signed),
      headers: { "content-type": "application/octet-stream" },
    });
  }

  ask(path: string, init?: RequestInit): Promise<Response> {
    return fetch(`${this.url}${path}`, init);
  }

  async json(path: string): Promise<Record<string, unknown>> {
    return (await (await this.ask(path)).json()) as Record<string, unknown>;
  }

  #submit(payload: Uint8Array): Promise<{ id: Uint8Array }> {
    if (this.failure !== undefined) return Promise.reject(this.failure);
    const signed = decodeActions(payload);
    const signer = signed && signerOfActions(domain, signed);
    if (signed === undefined || signer === undefined)
      return Promise.reject(new Error("what the API submits is a signed list"));
    this.submitted.push(payload);
    const digest = actionsDigest(domain, signed.list);
    this.world.submit(toSignedList(signed.list, { signer, digest }));
    return Promise.resolve({ id: transactionOf(digest) });
  }
}
