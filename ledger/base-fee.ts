// What a byte costs, block by block: the base fee goes up while blocks order more than the target and down while they
// order less, so that a crowded chain asks its price of everyone alike and an idle one costs the least. Integers alone, for
// every node must come to the same.

import { limits } from "../protocol/index.ts";

/**
 * The base fee of the next block, in fee units per byte. `bytes` is what this one orders, controls not counted. It moves
 * by a 64th at most: with several blocks a second it doubles in no less than some seconds, and who has set a fee cap of
 * twice the price has that long. Never below `feePerByte` of genesis, and above it never over `limits.baseFeeMax`.
 */
export function nextBaseFee(
  baseFee: number,
  { bytes, feePerByte }: { readonly bytes: number; readonly feePerByte: number },
): number {
  const target = limits.blockBytesTarget;
  // What exceeds twice the target counts as twice: a single block cannot do more.
  const excess = Math.min(bytes, 2 * target) - target;
  if (excess === 0) return baseFee;
  // Products stay below 2^50. At least one unit, or small fees would never move.
  const step = Math.max(
    1,
    Math.floor((baseFee * Math.abs(excess)) / target / limits.baseFeeStepDivisor),
  );
  const moved = excess > 0 ? Math.min(baseFee + step, limits.baseFeeMax) : baseFee - step;
  return Math.max(moved, feePerByte);
}
