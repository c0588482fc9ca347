// The perpetuals rollup of a devnet on its L1: the vault beside the settlement of its namespace, the markets, the insurance
// fund and what the bots deposit; and the file that tells its nodes what it is.

import { randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Contract, type JsonRpcProvider, NonceManager, parseEther, Wallet } from "ethers";
import { assert, fromHex } from "../../../base/index.ts";
import { genesisState } from "../../../rollup/engine/index.ts";
import { encodeSetMarket, type RollupSpec, toSpecJson } from "../../../rollup/node/index.ts";
import { StateTrees } from "../../../rollup/state/index.ts";
import { addressOf, hexJson } from "../../../sdk/index.ts";
import { devAccount } from "../accounts.ts";
import type { Place } from "../committee.ts";
import { contractAt, deployContract, type Deployment } from "../contracts.ts";
import { l1ChainId } from "../l1.ts";
import { send } from "../send.ts";
import { cast, type Role } from "./bots/cast.ts";
import { devnetRollup, listedMarkets } from "./markets.ts";
import { reporterCount } from "./reporters.ts";

/** The namespace that it has; the other one is only followed. */
export const perpetualsNamespace = 1;

export interface PerpetualsDeployment {
  readonly spec: RollupSpec;
  readonly specFile: string;
  /** How the markets are called. */
  readonly marketsFile: string;
  /** Of the interface of the node that bots trade through. */
  readonly apiPort: number;
  /** Address, 0x and hex. */
  readonly vault: string;
  /** Secret keys by reporter. */
  readonly reporters: readonly Uint8Array[];
  readonly owners: readonly { readonly role: Role; readonly secretKey: Uint8Array }[];
  /** Of an account that nobody plays: the user's, to trade with from the page. 0x and hex. */
  readonly visitorKey: string;
  /** The key of who proposes roots on the L1. */
  readonly proposerFile: string;
  /** The L1 block of the last deposit. */
  readonly l1End: number;
}

const usdc = 1_000_000n;
const insuranceFund = 250_000n * usdc;
const visitorsMoney = 10_000n * usdc;
/** More than one proposer can have out at a time. */
const bonds = 1_000_000n * usdc;
const gasMoney = parseEther("100");
/** A root is final soon enough that a user sees a withdrawal arrive. Times in seconds. */
const terms = {
  guardian: "0x0000000000000000000000000000000000000000",
  bond: 1_000n * usdc,
  challengeWindow: 60,
  escapeDelay: 24 * 3600,
  timelock: 3600,
  outflowWindow: 3600,
  outflowMax: 10_000_000n * usdc,
};

/** Throws `CodedError` CONTRACTS_NOT_BUILT or L1_REFUSED. */
export async function deployPerpetuals(
  { root, folder }: Place,
  provider: JsonRpcProvider,
  { deployment, apiPort }: { readonly deployment: Deployment; readonly apiPort: number },
): Promise<PerpetualsDeployment> {
  const owner = devAccount(0);
  const signer = new NonceManager(owner.connect(provider));
  const settlement = deployment.settlements[perpetualsNamespace] ?? "";
  const steps = await deployContract({ root, source: "derivatives/Steps", signer }, [settlement]);
  const vault = await deployContract({ root, source: "derivatives/Vault", signer }, [
    settlement,
    deployment.token,
    await steps.getAddress(),
    hexJson(new StateTrees(perpetualsNamespace, genesisState(devnetRollup), []).root),
    { ...terms, owner: owner.address },
    listedMarkets.map(({ id, parameters }) => hexJson(encodeSetMarket(id, parameters))),
  ]);
  const vaultAddress = await vault.getAddress();
  const owners = cast.map((role) => ({ role, secretKey: drawKey() }));
  const visitor = drawKey();
  const deposits = [
    { owner: new Uint8Array(20), subId: 0, amount: insuranceFund },
    ...owners.flatMap(({ role, secretKey }) =>
      role.deposits.map((amount, subId) => ({
        owner: addressOf(secretKey),
        subId,
        amount: BigInt(amount) * usdc,
      })),
    ),
    { owner: addressOf(visitor), subId: 0, amount: visitorsMoney },
  ];
  const deposited = deposits.reduce((sum, { amount }) => sum + amount, 0n);
  const at = { root, source: "devnet/FeeToken", signer };
  const token = await contractAt(at, deployment.token);
  const proposer = new Wallet(hexJson(drawKey()), provider);
  await (await signer.sendTransaction({ to: proposer.address, value: gasMoney })).wait();
  await send(token, "mint", proposer.address, bonds);
  await send(token.connect(proposer) as Contract, "approve", vaultAddress, bonds);
  await send(token, "mint", owner.address, deposited);
  await send(token, "approve", vaultAddress, deposited);
  for (const each of deposits)
    await send(vault, "depositFor", hexJson(each.owner), each.subId, each.amount);
  const reporters = Array.from({ length: reporterCount }, drawKey);
  const spec: RollupSpec = {
    chainId: l1ChainId,
    rollupId: perpetualsNamespace,
    settlement: bytesOf(settlement),
    vault: bytesOf(vaultAddress),
    token: bytesOf(deployment.token),
    reporters: reporters.map(addressOf),
    parameters: devnetRollup,
  };
  const specFile = join(folder, "perpetuals.json");
  await writeFile(specFile, `${JSON.stringify(toSpecJson(spec), null, 2)}\n`);
  const proposerFile = join(folder, "proposer");
  await writeFile(proposerFile, `${proposer.privateKey}\n`, { mode: 0o600 });
  const marketsFile = join(folder, "markets.json");
  const names = listedMarkets.map(({ id, name, tickSize }) => ({ id, name, tickSize }));
  await writeFile(marketsFile, `${JSON.stringify(names, null, 2)}\n`);
  const l1End = await provider.getBlockNumber();
  return {
    spec,
    specFile,
    marketsFile,
    apiPort,
    vault: vaultAddress,
    reporters,
    owners,
    visitorKey: hexJson(visitor),
    proposerFile,
    l1End,
  };
}

function drawKey(): Uint8Array {
  return new Uint8Array(randomBytes(32));
}

function bytesOf(address: string): Uint8Array {
  const bytes = fromHex(address);
  assert(bytes?.length === 20, "the L1 names contracts by their addresses");
  return bytes;
}
