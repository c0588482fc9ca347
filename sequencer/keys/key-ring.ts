// The secrets of epochs, each in files of its own: what a seat opens its boxes with, what a dealer deals from, and the
// shares of the keys that came of it. A share of an unchanging key must not outlive its epoch, and no file system erases
// what is deleted in a database: so they stand in small files, which are overwritten before they are unlinked. They are
// sealed under a key that follows from the node's network key, and so are safe as long as its keystore is.

import { mkdir, readdir, readFile, unlink } from "node:fs/promises";
import { join } from "node:path";
import { xchacha20poly1305 } from "@noble/ciphers/chacha.js";
import { hkdf } from "@noble/hashes/hkdf.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { CodedError, concatBytes, type Random, utf8 } from "../../base/index.ts";
import { isDraft, overwrite, syncFolder, writeOnce } from "../../keystore/index.ts";

/** What a node has for the committee of an epoch before that committee has its key; 32 bytes each. */
export interface EpochSecrets {
  /** X25519: opens what is dealt to it. */
  readonly epochKey: Uint8Array;
  /** All that it deals follows from this. */
  readonly dealerSeed: Uint8Array;
}

type Kind = "secrets" | `share-${number}`;

const fileName = /^epoch-(\d+)\.(?:secrets|share-(\d+))$/;

const nonceBytes = 24;

export class KeyRing {
  readonly #folder: string;
  readonly #random: Random;
  readonly #key: Uint8Array;
  /** One thing after the other: a round may ask for the same secrets from several of its jobs at once. */
  #last: Promise<unknown> = Promise.resolve();

  private constructor(folder: string, random: Random, key: Uint8Array) {
    this.#folder = folder;
    this.#random = random;
    this.#key = key;
  }

  /** Throws `CodedError` KEY_RING_FAILED. */
  static async open(options: {
    readonly folder: string;
    readonly random: Random;
    /** Of the network key. */
    readonly networkSecret: Uint8Array;
  }): Promise<KeyRing> {
    const { folder, random, networkSecret } = options;
    const key = hkdf(sha256, networkSecret, utf8("conclave/key-ring/v1"), undefined, 32);
    await guarded(folder, async () => {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      // What a crash left: never used, or a second name of what is. Overwriting it might destroy that.
      for (const name of await readdir(folder)) if (isDraft(name)) await unlink(join(folder, name));
    });
    return new KeyRing(folder, random, key);
  }

  /** Drawn and on disk the first time, and the same ever after. */
  secretsFor(epoch: number): Promise<EpochSecrets> {
    return this.#inTurn(async () => {
      const known = await this.#read(epoch, "secrets");
      const both = known ?? this.#random.bytes(64);
      if (known === undefined) await this.#write(epoch, "secrets", both);
      return { epochKey: both.slice(0, 32), dealerSeed: both.slice(32) };
    });
  }

  /** This node's share of one of the keys of an epoch's committee; undefined where it has none. */
  shareOf(epoch: number, keyId: number): Promise<Uint8Array | undefined> {
    return this.#inTurn(() => this.#read(epoch, `share-${keyId}`));
  }

  /** On disk when it resolves. Another attempt may have made another key before, which came to nothing. */
  keepShare(epoch: number, keyId: number, share: Uint8Array): Promise<void> {
    return this.#inTurn(async () => {
      await this.#erase(nameOf(epoch, `share-${keyId}`));
      await this.#write(epoch, `share-${keyId}`, share);
    });
  }

  /** Overwrites and unlinks the shares of a key that nothing is opened with any more, of all epochs. */
  eraseKey(keyId: number): Promise<void> {
    return this.#eraseWhere((_, of) => of === keyId);
  }

  /** Overwrites and unlinks everything of the epochs before this one. */
  eraseBefore(epoch: number): Promise<void> {
    return this.#eraseWhere((of) => of < epoch);
  }

  #eraseWhere(isOver: (epoch: number, keyId: number | undefined) => boolean): Promise<void> {
    return this.#inTurn(async () => {
      const names = await guarded(this.#folder, () => readdir(this.#folder));
      for (const name of names) {
        const [, epoch, keyId] = fileName.exec(name) ?? [];
        const of = keyId === undefined ? undefined : Number(keyId);
        if (epoch !== undefined && isOver(Number(epoch), of)) await this.#erase(name);
      }
    });
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work);
    // Whoever asked hears of a failure; the next one begins anew.
    this.#last = result.catch(() => undefined);
    return result;
  }

  async #read(epoch: number, kind: Kind): Promise<Uint8Array | undefined> {
    const name = nameOf(epoch, kind);
    const path = join(this.#folder, name);
    const sealed = await guarded(path, async () => {
      try {
        return new Uint8Array(await readFile(path));
      } catch (error) {
        if (isMissing(error)) return undefined;
        throw error;
      }
    });
    return sealed && this.#open(name, sealed);
  }

  #open(name: string, sealed: Uint8Array): Uint8Array {
    try {
      const cipher = xchacha20poly1305(this.#key, sealed.subarray(0, nonceBytes), utf8(name));
      return cipher.decrypt(sealed.subarray(nonceBytes));
    } catch (cause) {
      throw failed(join(this.#folder, name), cause);
    }
  }

  async #write(epoch: number, kind: Kind, secret: Uint8Array): Promise<void> {
    const name = nameOf(epoch, kind);
    const path = join(this.#folder, name);
    const nonce = this.#random.bytes(nonceBytes);
    const sealed = xchacha20poly1305(this.#key, nonce, utf8(name)).encrypt(secret);
    await guarded(path, () => writeOnce(path, concatBytes(nonce, sealed)));
  }

  async #erase(name: string): Promise<void> {
    const path = join(this.#folder, name);
    await guarded(path, async () => {
      try {
        const { length } = await readFile(path);
        await overwrite(path, this.#random.bytes(length));
        await unlink(path);
        await syncFolder(this.#folder);
      } catch (error) {
        if (!isMissing(error)) throw error;
      }
    });
  }
}

function nameOf(epoch: number, kind: Kind): string {
  return `epoch-${epoch}.${kind}`;
}

async function guarded<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw cause instanceof CodedError ? cause : failed(path, cause);
  }
}

function failed(path: string, cause: unknown): CodedError {
  return new CodedError(
    "KEY_RING_FAILED",
    `cannot keep or read the secrets of an epoch: ${path}; they belong to this node's network key`,
    { cause, details: { path } },
  );
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}
