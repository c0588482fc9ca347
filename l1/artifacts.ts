import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { CodedError } from "../base/index.ts";

/** What Hardhat's build leaves of a contract. */
export interface Artifact {
  readonly abi: readonly object[];
  /** Hex. */
  readonly bytecode: string;
}

/** @param source Below contracts/, such as `Hub` or `devnet/FeeToken`. Throws `CodedError` CONTRACTS_NOT_BUILT. */
export async function readArtifact(root: string, source: string): Promise<Artifact> {
  const name = source.split("/").at(-1) ?? source;
  const path = join(root, "artifacts", "contracts", `${source}.sol`, `${name}.json`);
  try {
    return JSON.parse(await readFile(path, "utf8")) as Artifact;
  } catch (cause) {
    throw new CodedError("CONTRACTS_NOT_BUILT", `${path} is missing: run \`npm run build\``, {
      cause,
    });
  }
}
