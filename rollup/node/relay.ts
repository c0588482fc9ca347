// Lists on their way to the sequencer: sealed, so that nobody reads them before their place is final, and paid for by the
// rollup. The envelope's sender is the node, which says nothing of who signed the list.

import { randomBytes } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import {
  CodedError,
  type ConclaveClient,
  fromHex,
  Height,
  keySigner,
  Namespace,
  sealTransaction,
  type Signer,
  type Submission,
  toHex,
} from "../../sdk/index.ts";

/** Heights within which a list must be ordered: some minutes. */
const lifeHeights = 2_000;
/** What the rollup pays for one at most, in fee units. */
const feeCap = 1_000_000;

export interface RelayOptions {
  readonly client: ConclaveClient;
  readonly rollupId: number;
  readonly signer: Signer;
  /** The last final height, from which expiry is counted. */
  readonly height: () => number;
}

export class Relay {
  readonly #options: RelayOptions;

  constructor(options: RelayOptions) {
    this.#options = options;
  }

  /** Resolves when f + 1 validators have it. Rejects with a `CodedError`, of which TOO_FEW_RECEIPTS is the likely one. */
  async submit(payload: Uint8Array): Promise<Submission> {
    try {
      return await this.#send(payload);
    } catch (error) {
      // By now the client knows the newer key.
      if (!isRetired(error)) throw error;
      return this.#send(payload);
    }
  }

  async #send(payload: Uint8Array): Promise<Submission> {
    const { client, rollupId, signer, height } = this.#options;
    const envelope = {
      namespace: Namespace(rollupId),
      // It only tells transactions apart.
      nonce: randomBytes(6).readUIntBE(0, 6),
      expiry: Height(height() + lifeHeights),
      feeCap,
    };
    const network = await client.network();
    return client.submit(await sealTransaction({ network, envelope, payload, signer }));
  }
}

function isRetired(error: unknown): boolean {
  const failures = error instanceof CodedError ? error.details["failures"] : undefined;
  return Array.isArray(failures) && failures.some(({ code }) => code === "KEY_RETIRED");
}

/** The relay's key, 32 bytes of hex in a file of its own; made when there is none. Throws `CodedError` BAD_RELAY_KEY. */
export async function relaySigner(path: string): Promise<Signer> {
  const key = fromHex((await readOrMake(path)).trim());
  if (key?.length === 32)
    try {
      return keySigner(key);
    } catch {
      // Of 32 bytes a few are no key: it falls through.
    }
  throw new CodedError("BAD_RELAY_KEY", `${path} must hold a key, 32 bytes of hex`);
}

async function readOrMake(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "ENOENT")
      throw new CodedError("BAD_RELAY_KEY", `cannot read ${path}`, { cause });
  }
  const text = `0x${toHex(randomBytes(32))}\n`;
  try {
    await writeFile(path, text, { mode: 0o600, flag: "wx" });
    return text;
  } catch (cause) {
    throw new CodedError("BAD_RELAY_KEY", `cannot write ${path}`, { cause });
  }
}
