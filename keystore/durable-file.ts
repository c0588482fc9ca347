// Files that are there whole or not at all, and readable by their owner alone: what they hold may exist nowhere else.

import { randomUUID } from "node:crypto";
import { link, open, rm } from "node:fs/promises";
import { dirname, join } from "node:path";

/** On disk under another name first: a link appears whole, and refuses a path that is taken. */
export async function writeOnce(path: string, data: string | Uint8Array): Promise<void> {
  const folder = dirname(path);
  const draft = join(folder, `.${randomUUID()}.tmp`);
  try {
    await writeAndSync(draft, data, "wx");
    await link(draft, path);
  } finally {
    await rm(draft, { force: true });
  }
  await syncFolder(folder);
}

/** Whether a file of this name is what a crash may leave of `writeOnce`: never used, or a second name of what is. */
export function isDraft(name: string): boolean {
  return /^\.[0-9a-f-]+\.tmp$/.test(name);
}

/** In place, so that what stood there is gone from the disk, as far as a file system lets one say so. */
export async function overwrite(path: string, data: Uint8Array): Promise<void> {
  await writeAndSync(path, data, "r+");
}

/** The names in a folder are on disk when it resolves. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

async function writeAndSync(
  path: string,
  data: string | Uint8Array,
  flags: "wx" | "r+",
): Promise<void> {
  const file = await open(path, flags, 0o600);
  try {
    await file.writeFile(data);
    await file.sync();
  } finally {
    await file.close();
  }
}
