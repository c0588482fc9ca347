// What a derivatives rollup has on L1 beside its settlement: who executes its steps again, and its vault.

import { buildModule } from "@nomicfoundation/hardhat-ignition/modules";
import type {
  IgnitionModule,
  NamedArtifactContractDeploymentFuture,
} from "@nomicfoundation/ignition-core";

type Contracts = Readonly<Record<"steps" | "vault", NamedArtifactContractDeploymentFuture<string>>>;

const module: IgnitionModule<"Derivatives", string, Contracts> = buildModule("Derivatives", (m) => {
  const settlement = m.getParameter<string>("settlement");
  const steps = m.contract("Steps", [settlement]);
  const vault = m.contract("Vault", [
    settlement,
    m.getParameter<string>("token"),
    steps,
    // Of genesis: `node rollup/node/main.ts audit --batch 0` says it.
    m.getParameter<string>("genesisRoot"),
    m.getParameter("terms"),
    // The first markets, as `encodeSetMarket` has them.
    m.getParameter("messages"),
  ]);
  return { steps, vault };
});

export default module;
