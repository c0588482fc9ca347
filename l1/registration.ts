// What a validator shows to register: its keys, where it is reached, and a proof that it possesses the first. It is made
// where the keys are, and can be sent from where the wallet is: it holds no secret.

import { getCreateAddress } from "ethers";
import { z } from "zod";
import { assert, CodedError, fromHex, toHex } from "../base/index.ts";
import {
  g1Uncompressed,
  g2ToEip2537,
  isValidNetworkKey,
  nobleBls,
  provePossession,
  verifyPossession,
} from "../crypto/index.ts";
import { possessionDigest } from "../protocol/index.ts";

/** Hex begins with 0x. */
export interface Registration extends RegistrationPlace {
  /** BLS12-381 G1, compressed. */
  readonly publicKey: string;
  /** Over `possessionDigest`; G2, compressed. */
  readonly possession: string;
  /** Ed25519. */
  readonly networkKey: string;
  /** Multiaddress. */
  readonly address: string;
}

const hexOf = (length: number): z.ZodString =>
  z
    .string()
    .regex(new RegExp(`^0x[0-9a-fA-F]{${2 * length}}$`), `must be 0x and ${2 * length} hex digits`);

const schema: z.ZodType<Registration> = z.strictObject({
  chainId: z.int().min(1),
  hub: hexOf(20),
  operator: hexOf(20),
  publicKey: hexOf(48),
  possession: hexOf(96),
  networkKey: hexOf(32),
  address: z
    .string()
    .regex(
      /^\/(?:ip4|ip6|dns4|dns6|dns)\/[^/\s]+\/tcp\/\d{1,5}$/,
      "must be a multiaddress such as /ip4/203.0.113.7/tcp/9000",
    ),
});

/** For whom and where a registration is: its proof is worth nothing elsewhere. */
export interface RegistrationPlace {
  readonly chainId: number;
  /** Addresses, 0x and hex. */
  readonly hub: string;
  readonly operator: string;
}

/** Signs it. Throws `CodedError` BAD_REGISTRATION for what nobody could register. */
export function makeRegistration(
  place: RegistrationPlace,
  node: {
    /** BLS, 32 bytes. */
    readonly secret: Uint8Array;
    /** Ed25519 public key, 32 bytes. */
    readonly networkKey: Uint8Array;
    /** Multiaddress. */
    readonly address: string;
  },
): Registration {
  const publicKey = nobleBls.publicKey(node.secret);
  const possession = provePossession(node.secret, digestOf(place, publicKey));
  const registration = {
    ...place,
    publicKey: hex(publicKey),
    possession: hex(possession),
    networkKey: hex(node.networkKey),
    address: node.address,
  };
  return checkRegistration(registration, place);
}

/** Throws `CodedError` BAD_REGISTRATION unless the contract could take it for this operator at this place. */
export function checkRegistration(value: unknown, place: RegistrationPlace): Registration {
  const parsed = schema.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw bad(`${issue?.path.join(".") ?? ""} ${issue?.message ?? "is wrong"}`.trim());
  }
  const registration = parsed.data;
  for (const name of ["chainId", "hub", "operator"] as const)
    if (String(registration[name]).toLowerCase() !== String(place[name]).toLowerCase())
      throw bad(`it is for ${name} ${registration[name]}, and this is ${place[name]}`);
  if (!isValidNetworkKey(bytes(registration.networkKey))) throw bad("networkKey is no key");
  const publicKey = bytes(registration.publicKey);
  if (g1Uncompressed(publicKey) === undefined) throw bad("publicKey is no key");
  if (!verifyPossession(publicKey, digestOf(place, publicKey), bytes(registration.possession)))
    throw bad("possession does not prove that this operator has the key");
  return registration;
}

/** As `Stake.register` takes them, before the amount. */
export function registerArguments(
  registration: Registration,
): readonly [string, string, string, string] {
  const key = g1Uncompressed(bytes(registration.publicKey));
  const possession = g2ToEip2537(bytes(registration.possession));
  assert(key !== undefined && possession !== undefined, "a checked registration has points");
  return [hex(key), hex(possession), registration.networkKey, registration.address];
}

/** The Hub's first creation, in its constructor: known without asking the L1. */
function stakeOf(hub: string): string {
  return getCreateAddress({ from: hub, nonce: 1 });
}

function digestOf(
  { chainId, hub, operator }: RegistrationPlace,
  publicKey: Uint8Array,
): Uint8Array {
  const key = g1Uncompressed(publicKey);
  if (key === undefined) throw bad("publicKey is no key");
  const stake = bytes(stakeOf(hub));
  return possessionDigest({ chainId, stake, operator: bytes(operator), publicKey: key });
}

function bad(why: string): CodedError {
  return new CodedError("BAD_REGISTRATION", `this registration cannot be sent: ${why}`);
}

function bytes(text: string): Uint8Array {
  const value = fromHex(text);
  assert(value !== undefined, "what was checked is hex");
  return value;
}

function hex(value: Uint8Array): string {
  return `0x${toHex(value)}`;
}
