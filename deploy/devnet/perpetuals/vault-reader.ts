// What the vault of the perpetuals rollup says, read from the L1 alone.

import { Contract, type EventLog, type JsonRpcProvider } from "ethers";
import { readArtifact } from "../../../l1/index.ts";
import type { Quanta } from "../../../rollup/engine/index.ts";

const quantaPerToken = 1_000_000n;

export class VaultReader {
  readonly #vault: Contract;

  private constructor(vault: Contract) {
    this.#vault = vault;
  }

  /** Throws `CodedError` CONTRACTS_NOT_BUILT. */
  static async open(root: string, provider: JsonRpcProvider, vault: string): Promise<VaultReader> {
    const { abi } = await readArtifact(root, "derivatives/Vault");
    return new VaultReader(new Contract(vault, [...abi], provider));
  }

  /** What was deposited and not paid out. */
  async given(): Promise<Quanta> {
    const totals = (await this.#vault.getFunction("totals").staticCall()) as {
      readonly deposited: bigint;
      readonly paid: bigint;
    };
    return (totals.deposited - totals.paid) * quantaPerToken;
  }

  /** All that were ever proposed; roots are hex without 0x. */
  async proposals(): Promise<readonly { readonly batch: number; readonly root: string }[]> {
    const events = (await this.#vault.queryFilter("Proposed", 0, "latest")) as EventLog[];
    return events.map(({ args }) => ({
      batch: Number(args["batch"]),
      root: String(args["root"]).toLowerCase().slice(2),
    }));
  }
}
