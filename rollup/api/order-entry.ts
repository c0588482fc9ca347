// A signed list's way from a trader to the sequencer. What a batch would refuse it for is told before it is sent, because the
// node pays for its place; which is also why nobody without a key of an account can have anything sent.

import { toHex } from "../../sdk/index.ts";
import { refusalOf, type SignedList } from "../engine/index.ts";
import { encodeActions } from "../intent-codec.ts";
import { actionsDigest, type RollupDomain, type SignedActionList } from "../intents.ts";
import { toSignedList } from "../node/index.ts";
import type { Signers } from "../signatures/index.ts";
import { AccountRates, type ApiLimits, Gate, RateLimit } from "./limits.ts";
import type { MarketData } from "./market-data.ts";
import { refusal, toRefusal } from "./problem.ts";
import type { ListJson } from "./wire.ts";

/** Seals it, submits it, and resolves with the transaction's id. Throws when no sequencer takes it. */
export type Submit = (payload: Uint8Array) => Promise<{ readonly id: Uint8Array }>;

export interface OrderEntryPorts {
  readonly data: MarketData;
  readonly domain: RollupDomain;
  readonly submit: Submit;
  readonly limits: ApiLimits;
  readonly signers: Pick<Signers, "recover">;
}

export class OrderEntry {
  readonly #ports: OrderEntryPorts;
  readonly #rates: AccountRates;
  readonly #gate: Gate;
  /** By digest; no more than the gate lets in. */
  readonly #underWay: Map<string, Promise<ListJson>> = new Map();

  constructor(ports: OrderEntryPorts) {
    const { limits } = ports;
    this.#ports = ports;
    this.#rates = new AccountRates(new RateLimit(limits.listsPerSecond, limits.listsBurst));
    this.#gate = new Gate(limits.submissionsMax, "submissions");
  }

  /** The same list once more is answered with what became of it, and not sent again. */
  async take(signed: SignedActionList): Promise<ListJson> {
    const { data, domain } = this.#ports;
    const digest = actionsDigest(domain, signed.list);
    const name = toHex(digest);
    const known = data.lists.find(name, data.state.globals.timeMs) ?? this.#underWay.get(name);
    if (known !== undefined) return known;
    const leave = this.#gate.enter();
    const taken = this.#admit(signed, digest).finally(() => {
      leave();
      this.#underWay.delete(name);
    });
    this.#underWay.set(name, taken);
    return taken;
  }

  async #admit(signed: SignedActionList, digest: Uint8Array): Promise<ListJson> {
    const { data, signers } = this.#ports;
    const payload = encodeActions(signed);
    const signer = (await signers.recover([payload]))[0]?.[0]?.signer;
    if (signer === undefined)
      throw refusal("BAD_SIGNATURE", "the 65 bytes of the signature are none");
    const list = toSignedList(signed.list, { signer, digest });
    const reason = refusalOf(data.state, list, data.state.globals.timeMs);
    if (reason !== undefined) throw toRefusal(reason);
    if (!this.#rates.mayTake(list.account))
      throw refusal("RATE_LIMITED", "the account sends more lists than a node carries for it");
    return this.#send(list, payload);
  }

  async #send(list: SignedList, payload: Uint8Array): Promise<ListJson> {
    const { data, submit } = this.#ports;
    try {
      const { id } = await submit(payload);
      return data.lists.submitted(list, id);
    } catch (cause) {
      const code = (cause as { code?: unknown } | null)?.code;
      const why = typeof code === "string" && /^[A-Z_]{1,40}$/.test(code) ? code : "no answer";
      throw refusal("NOT_SUBMITTED", `the sequencer did not take it: ${why}`);
    }
  }
}
