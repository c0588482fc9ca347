// The same for a chain that is for trying things out: with a token that whoever deploys it mints.

import { buildModule } from "@nomicfoundation/hardhat-ignition/modules";
import type { IgnitionModule } from "@nomicfoundation/ignition-core";
import { buildConclave, type Contracts } from "../conclave.ts";

const module: IgnitionModule<"Conclave", string, Contracts> = buildModule("Conclave", (m) =>
  buildConclave(m, m.contract("FeeToken")),
);

export default module;
