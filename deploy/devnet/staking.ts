// How validators come and go on the L1: as strangers would, with an account of their own and a proof that they possess
// their key.

import { Contract, type JsonRpcProvider, NonceManager, type Signer } from "ethers";
import { makeRegistration, readArtifact, registerArguments } from "../../l1/index.ts";
import { devAccount } from "./accounts.ts";
import { l1ChainId } from "./l1.ts";
import { send } from "./send.ts";

/** Of the token's smallest unit, of which there are a million in one. */
export const stakeMin = 100_000_000n;

export interface StakePlace {
  /** The repository, with the contracts built. */
  readonly root: string;
  readonly provider: JsonRpcProvider;
  /** Of the account that may mint: one for all calls, since it counts its nonces itself. */
  readonly minter: Signer;
  /** Addresses, 0x and hex. */
  readonly deployment: { readonly hub: string; readonly token: string };
}

export interface Operator {
  /** Which of the development accounts it has. */
  readonly index: number;
  /** BLS, 32 bytes. */
  readonly secret: Uint8Array;
  /** Ed25519, 32 bytes. */
  readonly networkKey: Uint8Array;
  /** A multiaddress. */
  readonly address: string;
}

/** Stakes the least. Throws `CodedError` L1_REFUSED. */
export async function registerOperator(place: StakePlace, operator: Operator): Promise<void> {
  const { index, secret, networkKey, address } = operator;
  const { stake, token } = await contractsOf(place, index);
  const account = devAccount(index + 1).address;
  const where = { chainId: l1ChainId, hub: place.deployment.hub, operator: account };
  const registration = makeRegistration(where, { secret, networkKey, address });
  await send(token.connect(place.minter) as Contract, "mint", account, stakeMin);
  await send(token, "approve", await stake.getAddress(), stakeMin);
  await send(stake, "register", ...registerArguments(registration), stakeMin);
}

/** It sits in no committee that is prepared from now on. Throws `CodedError` L1_REFUSED. */
export async function leaveStake(place: StakePlace, index: number): Promise<void> {
  const { stake } = await contractsOf(place, index);
  await send(stake, "exit");
}

async function contractsOf(
  { root, provider, deployment }: StakePlace,
  index: number,
): Promise<{ readonly stake: Contract; readonly token: Contract }> {
  const contract = async (source: string, address: string): Promise<Contract> =>
    new Contract(address, [...(await readArtifact(root, source)).abi], provider);
  const hub = await contract("Hub", deployment.hub);
  const stake = await contract("Stake", (await hub.getFunction("STAKE").staticCall()) as string);
  const token = await contract("devnet/FeeToken", deployment.token);
  const signer = new NonceManager(devAccount(index + 1).connect(provider));
  return { stake: stake.connect(signer) as Contract, token: token.connect(signer) as Contract };
}
