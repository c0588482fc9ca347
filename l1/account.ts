// Who pays on the L1 and is known there. Its key is read from an encrypted file or from a variable, never from an argument:
// those are seen by every user of the machine.

import { readFile } from "node:fs/promises";
import { computeAddress, isAddress, Wallet } from "ethers";
import { CodedError } from "../base/index.ts";

export type WalletSource =
  /** A wallet file of version 3, as geth and others write it. */
  | { readonly keystore: string }
  /** 32 bytes of hex. */
  | { readonly variable: string };

/** Undefined for what is no source. */
export function toWalletSource(text: string): WalletSource | undefined {
  const [, scheme, place = ""] = /^(keystore|env):(.+)$/.exec(text) ?? [];
  if (scheme === "keystore") return { keystore: place };
  return scheme === "env" ? { variable: place } : undefined;
}

/** Throws `CodedError` BAD_KEY or WALLET_UNREADABLE. `password` is asked for a keystore alone. */
export async function openWallet(
  source: WalletSource,
  password: () => Promise<string>,
): Promise<Wallet> {
  return "variable" in source
    ? fromVariable(source.variable)
    : fromKeystore(source.keystore, password);
}

function fromVariable(name: string): Wallet {
  const text = process.env[name]?.trim() ?? "";
  const key = text.startsWith("0x") ? text : `0x${text}`;
  try {
    computeAddress(key);
    return new Wallet(key);
  } catch {
    // Without a cause: the error of the library holds what was in the variable.
    throw new CodedError(
      "BAD_KEY",
      `the variable ${name} must hold 32 bytes of hex, a secp256k1 key`,
    );
  }
}

async function fromKeystore(path: string, password: () => Promise<string>): Promise<Wallet> {
  const json = await readText(path);
  const secret = await password();
  try {
    const wallet = await Wallet.fromEncryptedJson(json, secret);
    return new Wallet(wallet.privateKey);
  } catch (cause) {
    const isWrong = cause instanceof Error && /password/i.test(cause.message);
    throw isWrong
      ? new CodedError("WALLET_PASSWORD_WRONG", `the password does not open ${path}`)
      : new CodedError("WALLET_UNREADABLE", `${path} is no wallet file of version 3`, { cause });
  }
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    throw new CodedError("WALLET_UNREADABLE", `${path} cannot be read`, { cause });
  }
}

/** With a checksum, if there is one, that is right. */
export function isL1Address(text: string): boolean {
  return text.startsWith("0x") && isAddress(text);
}
