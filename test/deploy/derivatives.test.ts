// The contracts of a derivatives rollup, deployed as an operator does it.

import { network } from "hardhat";
import { beforeAll, expect, test } from "vitest";
import derivatives from "../../deploy/ignition/modules/derivatives.ts";
import { encodeSetMarket } from "../../rollup/node/index.ts";
import { call, Chain, hex, spans, stakeMin, TestCommittee } from "../contracts/support/chain.ts";
import { market, marketParameters } from "../rollup/engine/world.ts";

// Builds the contracts.
beforeAll(() => Chain.open(), 300_000);

test("the module deploys the steps and the vault of a settlement, with the first markets on their way", async () => {
  const { ethers, ignition } = await network.create({ network: "sim" });
  const [owner] = await ethers.getSigners();
  const token = await ethers.deployContract("FeeToken");
  const committee = hex(TestCommittee.ofEqual(1, 1).hash);
  const hub = await ethers.deployContract("Hub", [committee, token, stakeMin, spans]);
  const rollups = await ethers.deployContract("Rollups", [hub]);
  const terms = [hub, rollups, owner?.address, 1, 7 * 24 * 3600];
  const settlement = await ethers.deployContract("Settlement", terms);
  const parameters = {
    settlement: await settlement.getAddress(),
    token: await token.getAddress(),
    genesisRoot: `0x${"11".repeat(32)}`,
    terms: {
      owner: owner?.address ?? "",
      guardian: owner?.address ?? "",
      bond: 1_000,
      challengeWindow: 3_600,
      escapeDelay: 86_400,
      timelock: 86_400,
      outflowWindow: 3_600,
      outflowMax: 1_000_000,
    },
    messages: [hex(encodeSetMarket(market, marketParameters))],
  };
  const { steps, vault } = await ignition.deploy(derivatives, {
    parameters: { Derivatives: parameters },
  });
  expect(await call(vault, "STEPS")).toBe(await steps.getAddress());
  expect(await call(vault, "SETTLEMENT")).toBe(parameters.settlement);
  expect(await call<readonly unknown[]>(vault, "totals")).toEqual([0n, 0n, 1n]);
  const [, , inbox] = await call<readonly bigint[]>(settlement, "settled");
  expect(inbox).toBe(1n);
}, 120_000);
