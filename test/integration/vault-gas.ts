// What whole transactions with a vault cost, base and calldata included. Trees here are small: each level more costs a proof
// some 700 gas.

import { chunkKinds } from "../../rollup/proofs/index.ts";
import { addressOf, keccak256 } from "../../sdk/index.ts";
import { type Chain, defined } from "../contracts/support/chain.ts";
import type { Gas } from "../contracts/support/gas.ts";
import { challengeWindow, escapeDelay, secretOf, units, VaultStage } from "./vault-stage.ts";

export async function vaultGas(chain: Chain): Promise<Gas> {
  return { ...(await dailyGas(chain)), ...(await escapeGas(chain)), ...(await disputeGas(chain)) };
}

async function dailyGas(chain: Chain): Promise<Gas> {
  const stage = await VaultStage.open(chain);
  const { proposer, watcher } = await stage.proposer();
  await stage.day();
  const deposit = await gasOf(stage);
  await stage.settle();
  await proposer.round();
  const first = await gasOf(stage);
  await proposer.round();
  await stage.pass(challengeWindow);
  await (await stage.client(5)).withdraw(defined(await watcher.claim(0)));
  const withdraw = await gasOf(stage);
  await stage.day();
  await stage.settle();
  await proposer.round();
  return {
    "vault/deposit/gas": deposit,
    "vault/propose-first/gas": first,
    "vault/propose-with-free-bond/gas": await gasOf(stage),
    "vault/withdraw/gas": withdraw,
  };
}

async function escapeGas(chain: Chain): Promise<Gas> {
  const stage = await VaultStage.open(chain);
  const { proposer, watcher } = await stage.proposer();
  await stage.day();
  const frozen = stage.keepState();
  await stage.settle();
  await proposer.round();
  await proposer.round();
  const undone = await stage.deposit(0, 5);
  await stage.run([]);
  await stage.settle();
  await stage.pass(challengeWindow + escapeDelay);
  const client = await stage.client(5);
  const { parts } = defined(await watcher.claim(0));
  await client.freeze(parts, frozen.globals);
  const freeze = await gasOf(stage);
  const [market] = frozen.markets;
  await client.mark(parts, defined(market), defined(market).place);
  const mark = await gasOf(stage);
  const [account] = frozen.accounts;
  await client.exit(parts, defined(account).leaf, defined(account).place);
  const exit = await gasOf(stage);
  await client.refund(undone, addressOf(secretOf(0)), { subId: 0, amount: units(5) });
  return {
    "vault/freeze/gas": freeze,
    "vault/mark/gas": mark,
    "vault/exit-one-position/gas": exit,
    "vault/refund/gas": await gasOf(stage),
  };
}

async function disputeGas(chain: Chain): Promise<Gas> {
  const stage = await VaultStage.open(chain);
  const { watcher, shadow } = await stage.watcher(3);
  await stage.day();
  await stage.settle();
  const found: Record<string, number> = {};
  for (const kind of ["deposit", "fill", "admit", "withdraw", "funding-mark"] as const) {
    const chunks = shadow.chunksBetween(0, shadow.last);
    const place = chunks.findIndex((chunk) => chunk.kind === chunkKinds[kind]);
    const lie = chunks.map((chunk, i) => {
      const { batch, kind: same, steps, post } = chunk;
      return { batch, kind: same, steps, post: i < place ? post : keccak256(post) };
    });
    await (await stage.client(2)).propose(defined(shadow.rootAt(0)), shadow.last, lie);
    await watcher.round();
    const { traced } = defined(chunks[place]);
    found[`vault/challenge-${kind}-of-${traced.length}/gas`] = await gasOf(stage);
  }
  return found;
}

/** Of the last transaction with the vault. */
async function gasOf({ chain, vault }: VaultStage): Promise<number> {
  const { provider } = chain.ethers;
  const address = await vault.getAddress();
  for (let number = await provider.getBlockNumber(); number > 0; number--) {
    const [hash] = (await provider.getBlock(number))?.transactions ?? [];
    const receipt = hash === undefined ? null : await provider.getTransactionReceipt(hash);
    if (receipt?.to === address) return Number(receipt.gasUsed);
  }
  throw new Error("there is no such transaction");
}
