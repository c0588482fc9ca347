import type {
  IgnitionModuleBuilder,
  ModuleParameterRuntimeValue,
  NamedArtifactContractDeploymentFuture,
} from "@nomicfoundation/ignition-core";

export type Contracts = Readonly<
  Record<"hub" | "rollups" | "bundle", NamedArtifactContractDeploymentFuture<string>>
>;

type Token = ModuleParameterRuntimeValue<string> | NamedArtifactContractDeploymentFuture<string>;

export function buildConclave(m: IgnitionModuleBuilder, token: Token): Contracts {
  const spans = {
    epoch: m.getParameter("epoch"),
    firstEpoch: m.getParameter("firstEpoch"),
    unbonding: m.getParameter("unbonding"),
  };
  const committee = m.getParameter<string>("committee");
  const hub = m.contract("Hub", [committee, token, m.getParameter("stakeMin"), spans]);
  // One after the other, so that every run gives them the same addresses.
  const rollups = m.contract("Rollups", [hub]);
  const bundle = m.contract("Bundle", [], { after: [rollups] });
  return { hub, rollups, bundle };
}
