// The contracts of a devnet: the token, the hub with its stake, and two rollups that have prepaid, each with its own
// settlement. The validators are registered with proofs of possession, as strangers would be.

import { Contract, ContractFactory, type JsonRpcProvider, NonceManager, type Signer } from "ethers";
import { assert, CodedError, toHex } from "../../base/index.ts";
import { g1Uncompressed } from "../../crypto/index.ts";
import { type Committee, committeeHash, committeeHead } from "../../protocol/index.ts";
import { devAccount } from "./accounts.ts";
import { readArtifact } from "../../l1/index.ts";
import { send } from "./send.ts";
import { registerOperator, stakeMin } from "./staking.ts";

/** Addresses, 0x and hex. */
export interface Deployment {
  readonly token: string;
  readonly hub: string;
  readonly rollups: string;
  readonly bundle: string;
  /** By namespace. */
  readonly settlements: readonly string[];
  /** The L1 block before the first event of these contracts. */
  readonly l1Start: number;
  /** The L1 block of the last. */
  readonly l1End: number;
}

export interface DeploymentRequest {
  /** The repository, with the contracts built. */
  readonly root: string;
  readonly provider: JsonRpcProvider;
  readonly committee: Committee;
  /** BLS secrets by validator, 32 bytes each. */
  readonly secrets: readonly Uint8Array[];
  /** Multiaddresses by validator. */
  readonly addresses: readonly string[];
  /** How long an epoch lasts before its successor's committee can be prepared, seconds. */
  readonly epochLength: number;
  /** The same of the first one. */
  readonly firstEpochLength: number;
}

/** As many as the devnet has rollups; the namespaces are 0 and 1. */
export const namespaces: readonly number[] = [0, 1];

// Of the token's smallest unit, of which there are a million in one.
const prepaid = 1_000_000_000_000n;
const minted = 1_000_000_000_000_000n;
const unbondingSeconds = 21 * 24 * 3600;
const hubDelaySeconds = 7 * 24 * 3600;
/** Sealed transactions alone, ordered by class first. */
const policy = 3;

/** Throws `CodedError` CONTRACTS_NOT_BUILT, BAD_COMMITTEE or L1_REFUSED. */
export async function deployContracts(request: DeploymentRequest): Promise<Deployment> {
  const { root, provider, committee } = request;
  const owner = devAccount(0);
  const deployer = new NonceManager(owner.connect(provider));
  const deploy = (source: string, ...values: readonly unknown[]): Promise<Contract> =>
    deployContract({ root, source, signer: deployer }, values);

  const l1Start = await provider.getBlockNumber();
  const token = await deploy("devnet/FeeToken");
  const tokenAddress = await token.getAddress();
  const { epochLength: epoch, firstEpochLength: firstEpoch } = request;
  const spans = { epoch, firstEpoch, unbonding: unbondingSeconds };
  const hub = await deploy("Hub", committeeHashOf(committee), tokenAddress, stakeMin, spans);
  const hubAddress = await hub.getAddress();
  const rollups = await deploy("Rollups", hubAddress);
  const bundle = await deploy("Bundle");
  const rollupsAddress = await rollups.getAddress();

  await send(token, "mint", owner.address, minted);
  await send(token, "approve", rollupsAddress, minted);
  const settlements: string[] = [];
  for (const namespace of namespaces) {
    const place = [hubAddress, rollupsAddress, owner.address] as const;
    // It subscribes itself, and so takes the next id.
    const settlement = await deploy("Settlement", ...place, policy, hubDelaySeconds);
    await send(rollups, "fund", namespace, prepaid);
    settlements.push(await settlement.getAddress());
  }
  const place = {
    root,
    provider,
    minter: deployer,
    deployment: { hub: hubAddress, token: tokenAddress },
  };
  for (const [index, secret] of request.secrets.entries()) {
    const networkKey = committee.members[index]?.networkKey;
    assert(networkKey !== undefined, "whose secret we hold has a seat");
    const address = request.addresses[index] ?? "";
    await registerOperator(place, { index, secret, networkKey, address });
  }
  return {
    token: tokenAddress,
    hub: hubAddress,
    rollups: rollupsAddress,
    bundle: await bundle.getAddress(),
    settlements,
    l1Start,
    l1End: await provider.getBlockNumber(),
  };
}

/** Every validator weighs the same. Throws `CodedError` BAD_COMMITTEE when its keys are none. */
export function committeeHashOf({ members }: Committee): string {
  const seats = members.map((member) => ({
    publicKey: g1Uncompressed(member.publicKey) ?? new Uint8Array(96),
    weight: 1,
  }));
  const head = committeeHead(seats);
  if (head === undefined) throw new CodedError("BAD_COMMITTEE", "the committee's keys are none");
  return hex(committeeHash(head));
}

export interface ContractPlace {
  /** The repository, with the contracts built. */
  readonly root: string;
  /** Below contracts/, such as `Hub`. */
  readonly source: string;
  readonly signer: Signer;
}

/** Throws `CodedError` CONTRACTS_NOT_BUILT or L1_REFUSED. */
export async function deployContract(
  { root, source, signer }: ContractPlace,
  values: readonly unknown[],
): Promise<Contract> {
  const { abi, bytecode } = await readArtifact(root, source);
  try {
    const contract = await new ContractFactory([...abi], bytecode, signer).deploy(...values);
    await contract.waitForDeployment();
    return new Contract(await contract.getAddress(), [...abi], signer);
  } catch (cause) {
    throw new CodedError("L1_REFUSED", `the L1 did not take the contract ${source}`, { cause });
  }
}

/** One that is there already. Throws `CodedError` CONTRACTS_NOT_BUILT. */
export async function contractAt(
  { root, source, signer }: ContractPlace,
  address: string,
): Promise<Contract> {
  return new Contract(address, [...(await readArtifact(root, source)).abi], signer);
}

function hex(value: Uint8Array): string {
  return `0x${toHex(value)}`;
}
