// Keys and what they sign. The owner's key makes a session key once, which trades and cancels from then on without asking
// and can never withdraw. Both stay in this browser; nothing but signatures leaves it.

import { addressOf, fromHex, hexJson, toHex } from "../../../sdk/index.ts";
import type { Action } from "../../actions.ts";
import type { AccountJson, ListJson } from "../../api/index.ts";
import { encodeActions } from "../../intent-codec.ts";
import { type ActionList, actionsDigest, type RollupDomain, signActions } from "../../intents.ts";

/** One after another; a session key is valid for so long. */
const sessionMs = 7 * 24 * 3_600_000;
const listMs = 60_000;
const scopes = { trade: 1, cancel: 2 };

export interface Sent {
  readonly digest: string;
  readonly answer: Promise<ListJson>;
}

export class Wallet {
  readonly domain: RollupDomain;
  readonly #store: Storage;
  /** The rollup's time. */
  readonly #now: () => number;
  readonly #nonces: Map<string, number> = new Map();

  constructor(domain: RollupDomain, store: Storage, now: () => number) {
    this.domain = domain;
    this.#store = store;
    this.#now = now;
  }

  get owner(): Uint8Array | undefined {
    return this.#read("owner");
  }

  get address(): string | undefined {
    const owner = this.owner;
    return owner && hexJson(addressOf(owner));
  }

  makeOwner(): void {
    this.#write("owner", randomKey());
  }

  /** False for what is no key. */
  takeOwner(text: string): boolean {
    const key = fromHex(text.trim());
    if (key?.length !== 32) return false;
    try {
      addressOf(key);
    } catch {
      return false;
    }
    this.#write("owner", key);
    return true;
  }

  forget(): void {
    for (const name of ["owner", "session"]) this.#store.removeItem(this.#name(name));
  }

  /** The place at which the account has this browser's session key, while it may trade. */
  sessionPlace(account: AccountJson): number | undefined {
    const session = this.#read("session");
    const address = session && hexJson(addressOf(session));
    return account.keys.find(
      ({ key, expiryMs, ...given }) =>
        key > 0 && given.address === address && (expiryMs ?? 0) > this.#now() + listMs,
    )?.key;
  }

  /** Gives this browser a session key, at the first free place of the account. */
  enable(account: AccountJson): Sent {
    const session = this.#read("session") ?? randomKey();
    this.#write("session", session);
    const taken = new Set(account.keys.map(({ key }) => key));
    const key = Array.from({ length: 255 }, (_, at) => at + 1).find((each) => !taken.has(each));
    const action: Action = {
      type: "authorize",
      key: key ?? 255,
      address: addressOf(session),
      scopes: scopes.trade | scopes.cancel,
      markets: [],
      expiryMs: Math.floor(this.#now()) + sessionMs,
      maxNotional: 0n,
    };
    return this.#send(account, 0, this.owner, [action]);
  }

  /** By the session key. */
  act(account: AccountJson, actions: readonly Action[]): Sent {
    return this.#send(account, this.sessionPlace(account) ?? 0, this.#read("session"), actions);
  }

  #send(
    account: AccountJson,
    key: number,
    secret: Uint8Array | undefined,
    actions: readonly Action[],
  ): Sent {
    if (secret === undefined) throw new Error("there is a key to sign with");
    const list: ActionList = {
      account: account.id,
      key,
      nonce: this.#nonceFor(account, key),
      validUntilMs: Math.floor(this.#now()) + listMs,
      relayTip: 0n,
      relayer: new Uint8Array(20),
      actions,
    };
    const signed = signActions(this.domain, list, secret);
    const digest = hexJson(actionsDigest(this.domain, list));
    return { digest, answer: post(encodeActions(signed)) };
  }

  /** Above what the rollup has seen, and what was sent since. */
  #nonceFor(account: AccountJson, key: number): number {
    const name = `${account.id}/${key}`;
    const seen = account.keys.find((each) => each.key === key)?.nextNonce ?? 1;
    const nonce = Math.max(seen, (this.#nonces.get(name) ?? 0) + 1);
    this.#nonces.set(name, nonce);
    return nonce;
  }

  #read(name: string): Uint8Array | undefined {
    return fromHex(this.#store.getItem(this.#name(name)) ?? "x");
  }

  #write(name: string, key: Uint8Array): void {
    this.#store.setItem(this.#name(name), toHex(key));
  }

  /** A key of one rollup is not another's. */
  #name(name: string): string {
    const { chainId, settlement, rollupId } = this.domain;
    return `conclave/${chainId}/${toHex(settlement)}/${rollupId}/${name}`;
  }
}

export class Refused extends Error {
  readonly code: string;

  constructor(code: string, detail: string) {
    super(detail);
    this.code = code;
  }
}

async function post(body: Uint8Array): Promise<ListJson> {
  const response = await fetch("/v1/actions", {
    method: "POST",
    headers: { "content-type": "application/octet-stream" },
    body: body as Uint8Array<ArrayBuffer>,
  });
  const answer = (await response.json()) as ListJson & { code?: string; detail?: string };
  if (!response.ok) throw new Refused(answer.code ?? "INTERNAL", answer.detail ?? "");
  return answer;
}

function randomKey(): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(32));
}
