import { open } from "node:fs/promises";

/** The text of a file; throws when it cannot be read, or when it has more bytes than it may: nothing says that a path from
 * a configuration leads to what was meant. */
export async function readSmallFile(path: string, bytesMax: number): Promise<string> {
  const file = await open(path, "r");
  try {
    const buffer = Buffer.alloc(bytesMax + 1);
    const { bytesRead } = await file.read(buffer, 0, buffer.length, 0);
    if (bytesRead > bytesMax) throw new Error(`more than ${bytesMax} bytes`);
    return buffer.toString("utf8", 0, bytesRead);
  } finally {
    await file.close();
  }
}
