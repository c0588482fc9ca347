// The one transaction that an account has on its way, written down before it is sent: whoever comes after a crash finds
// out how it ended, in place of sending another.

import { randomUUID } from "node:crypto";
import { link, mkdir, open, readFile, rename, unlink } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { CodedError } from "../base/index.ts";

/** A transaction that is or was on its way. Hex begins with 0x. */
export interface Entry {
  /** The command and what it was asked, to be told from another. */
  readonly intent: string;
  /** What this transaction does, for people. */
  readonly what: string;
  /** Whether what was asked is done with it. */
  readonly isLast: boolean;
  readonly nonce: number;
  readonly to: string | null;
  readonly data: string;
  /** Of every transaction that was signed with this nonce: any of them may be the one that is included. */
  readonly sent: readonly { readonly hash: string; readonly raw: string }[];
}

const hex: z.ZodString = z.string().regex(/^0x[0-9a-f]*$/i);

const schema: z.ZodType<Entry> = z.strictObject({
  intent: z.string(),
  what: z.string(),
  isLast: z.boolean(),
  nonce: z.int().min(0),
  to: hex.nullable(),
  data: hex,
  sent: z.array(z.strictObject({ hash: hex, raw: hex })).min(1),
});

export interface Journal {
  read(): Promise<Entry | undefined>;
  /** On disk when it returns. Throws `CodedError` JOURNAL_BUSY when there is one already. */
  begin(entry: Entry): Promise<void>;
  /** The same transaction at another fee. */
  replace(entry: Entry): Promise<void>;
  clear(): Promise<void>;
}

/** A file for each account and chain in the folder, which is made. */
export class FileJournal implements Journal {
  readonly #folder: string;
  readonly path: string;

  constructor(folder: string, { chainId, account }: { chainId: number; account: string }) {
    this.#folder = folder;
    this.path = join(folder, `${chainId}-${account.toLowerCase()}.json`);
  }

  /** Throws `CodedError` JOURNAL_DAMAGED or JOURNAL_FAILED. */
  async read(): Promise<Entry | undefined> {
    const text = await this.#guarded(async () => {
      try {
        return await readFile(this.path, "utf8");
      } catch (error) {
        if (isCode(error, "ENOENT")) return undefined;
        throw error;
      }
    });
    if (text === undefined) return undefined;
    const parsed = schema.safeParse(parse(text));
    if (parsed.success) return parsed.data;
    throw new CodedError(
      "JOURNAL_DAMAGED",
      `${this.path} cannot be read: look up what the account did last, then remove the file`,
    );
  }

  async begin(entry: Entry): Promise<void> {
    await this.#guarded(() => mkdir(this.#folder, { recursive: true, mode: 0o700 }));
    await this.#write(entry, async (draft) => {
      // A link refuses a name that is taken, and appears whole.
      await link(draft, this.path);
      await unlink(draft);
    });
  }

  async replace(entry: Entry): Promise<void> {
    await this.#write(entry, (draft) => rename(draft, this.path));
  }

  async clear(): Promise<void> {
    await this.#guarded(async () => {
      await unlink(this.path);
      await sync(this.#folder);
    });
  }

  async #write(entry: Entry, put: (draft: string) => Promise<void>): Promise<void> {
    const draft = join(this.#folder, `.${randomUUID()}.tmp`);
    await this.#guarded(async () => {
      const file = await open(draft, "wx", 0o600);
      try {
        await file.writeFile(`${JSON.stringify(entry)}\n`);
        await file.sync();
      } finally {
        await file.close();
      }
      try {
        await put(draft);
      } catch (error) {
        await unlink(draft);
        throw error;
      }
      await sync(this.#folder);
    });
  }

  async #guarded<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (cause) {
      if (isCode(cause, "EEXIST") && (cause as NodeJS.ErrnoException).syscall === "link")
        throw new CodedError(
          "JOURNAL_BUSY",
          "another call with this account is on its way: run again when it has ended",
          { cause },
        );
      throw new CodedError("JOURNAL_FAILED", `cannot keep ${this.path}: check --journal`, {
        cause,
      });
    }
  }
}

async function sync(path: string): Promise<void> {
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
