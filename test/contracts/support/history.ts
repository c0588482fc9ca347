// A market day whose traders have keys and sign what they ask for: the campaign's deposits and lists, under addresses and
// signatures that a contract accepts.

import { actionsDigest, type RollupDomain } from "../../../rollup/index.ts";
import type {
  Deposit,
  EngineAction,
  EngineBatch,
  SignedList,
  SystemMessage,
} from "../../../rollup/engine/index.ts";
import { addressOf, keccak256, toHex } from "../../../sdk/index.ts";
import { nativeSenderSignatures } from "../../../sequencer/crypto/index.ts";
import { type CampaignOptions, runCampaign } from "../../rollup/engine/campaign.ts";

/** The campaign's days begin a quarter past; these just before the hour, which comes with the twelfth batch. */
const laterMs = 3_600_000 - 1_003_000;

export class History {
  readonly batches: EngineBatch[] = [];
  /** In the order of their messages. */
  readonly deposits: Deposit[] = [];
  readonly #signatures = new Map<string, Uint8Array>();
  readonly #domain: RollupDomain;

  constructor(domain: RollupDomain, options: CampaignOptions) {
    this.#domain = domain;
    runCampaign({ ...options, onBatch: (batch) => this.batches.push(this.#sign(batch)) });
  }

  readonly signatureOf = ({ digest }: SignedList): Uint8Array | undefined =>
    this.#signatures.get(toHex(digest));

  /** One batch more, of these lists alone; they are signed for. */
  end(lists: readonly SignedList[]): void {
    const { number, timeMs, seed } = this.batches.at(-1) as EngineBatch;
    const beforeMs = timeMs - laterMs;
    const batch = { number: number + 1, timeMs: beforeMs + 250, seed, system: [], lists };
    this.batches.push(this.#sign(batch));
  }

  #sign(batch: EngineBatch): EngineBatch {
    const system = batch.system.map((message) => later(withOwner(message)));
    for (const message of system) if (message.type === "deposit") this.deposits.push(message);
    const timeMs = batch.timeMs + laterMs;
    return { ...batch, timeMs, system, lists: batch.lists.map((list) => this.#signList(list)) };
  }

  #signList(list: SignedList): SignedList {
    const actions = list.actions.map((action) => withAddress(action));
    const digest = actionsDigest(this.#domain, { ...list, actions });
    const signature = nativeSenderSignatures.sign(secretOf(list.signer), digest);
    this.#signatures.set(toHex(digest), signature);
    return { ...list, actions, digest, signer: addressOf(secretOf(list.signer)) };
  }
}

function withOwner(message: SystemMessage): SystemMessage {
  if (message.type !== "deposit") return message;
  return { ...message, owner: addressOf(secretOf(message.owner)) };
}

function later(message: SystemMessage): SystemMessage {
  if (message.type === "oracle")
    return { ...message, publishTimeMs: message.publishTimeMs + laterMs };
  if (message.type !== "l1-info") return message;
  const { l1TimeMs, anchoredTimeMs } = message;
  return { ...message, l1TimeMs: l1TimeMs + laterMs, anchoredTimeMs: anchoredTimeMs + laterMs };
}

function withAddress(action: EngineAction): EngineAction {
  if (action.type !== "authorize") return action;
  return { ...action, address: addressOf(secretOf(action.address)) };
}

/** Of who has that name, which in the campaign is an address. */
function secretOf(name: Uint8Array): Uint8Array {
  return keccak256(name);
}
