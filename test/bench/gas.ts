import { Chain } from "../contracts/support/chain.ts";
import {
  checkpointGas,
  convictionGas,
  type Gas,
  onceGas,
  rotationGas,
  settlingGas,
} from "../contracts/support/gas.ts";
import { vaultGas } from "../integration/vault-gas.ts";
import { type Figure, progress } from "./harness.ts";

const sizes = [4, 16, 64, 128];

/**
 * What whole transactions cost on the contracts as they ship, calldata included, on Hardhat's chain of the same fork as
 * the tests'. Exact: it depends neither on the machine nor, but for zero bytes in keys and hashes, on what is posted.
 */
export async function benchGas(): Promise<Figure[]> {
  const chain = await Chain.open();
  const found: Record<string, number> = {};
  const add = async (what: string, measured: Promise<Gas>): Promise<void> => {
    Object.assign(found, await measured);
    progress(`measured: ${what}`);
  };
  for (const size of sizes) await add(`checkpoints of ${size}`, checkpointGas(chain, size));
  for (const size of sizes) await add(`rotation to ${size}`, rotationGas(chain, size));
  for (const count of [8, 32]) await add(`settling ${count}`, settlingGas(chain, count));
  await add("a conviction", convictionGas(chain));
  await add("what is paid once", onceGas(chain));
  await add("a derivatives rollup's vault", vaultGas(chain));
  return Object.entries(found).map(([name, value]) => ({ name, value, unit: "gas" }));
}
