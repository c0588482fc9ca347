// Exactly once, on many channels at a time: lists of one key arrive in any order, so nonces are not counted up but crossed
// off, in a window that follows the highest.

export interface NonceWindow {
  /** The highest nonce used, 0 at first. */
  readonly top: number;
  /** Bit i: `top - i` is used. */
  readonly used: bigint;
}

export const nonceWindow = 256;
/** How far a nonce may leap ahead; without it one typing error would end the key. */
export const nonceLeapMax: number = 2 ** 20;

export const freshWindow: NonceWindow = { top: 0, used: 0n };

/** The window without it; undefined when it was used, is too old to know, or leaps too far. */
export function crossOff({ top, used }: NonceWindow, nonce: number): NonceWindow | undefined {
  if (nonce > top + nonceLeapMax || nonce <= top - nonceWindow) return undefined;
  const risen = Math.max(0, nonce - top);
  const shifted = risen >= nonceWindow ? 0n : (used << BigInt(risen)) & mask;
  const bit = 1n << BigInt(top + risen - nonce);
  if (shifted & bit) return undefined;
  return { top: top + risen, used: shifted | bit };
}

const mask = (1n << BigInt(nonceWindow)) - 1n;
