// The accounts that anvil and Hardhat's node fund by themselves. Their keys are public: for development alone.

import { HDNodeWallet, Mnemonic } from "ethers";

export const accountsMax = 20;

const phrase = "test test test test test test test test test test test junk";

/** Account 0 deploys and owns; account i + 1 belongs to validator i. */
export function devAccount(index: number): HDNodeWallet {
  return HDNodeWallet.fromMnemonic(Mnemonic.fromPhrase(phrase), `m/44'/60'/0'/0/${index}`);
}
