// The contracts of a network: the Hub with its stake, the registry of rollups, and the bundle. Rollups make their
// settlements themselves.

import { buildModule } from "@nomicfoundation/hardhat-ignition/modules";
import type { IgnitionModule } from "@nomicfoundation/ignition-core";
import { buildConclave, type Contracts } from "../conclave.ts";

const module: IgnitionModule<"Conclave", string, Contracts> = buildModule("Conclave", (m) =>
  buildConclave(m, m.getParameter<string>("token")),
);

export default module;
