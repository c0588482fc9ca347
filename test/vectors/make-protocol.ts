// Writes protocol.json. A change in it is a change of the protocol. Run: node test/vectors/make-protocol.ts

import { writeFileSync } from "node:fs";
import { protocolVectors } from "./protocol.ts";

writeFileSync(
  new URL("protocol.json", import.meta.url),
  `${JSON.stringify(protocolVectors(), undefined, 1)}\n`,
);
