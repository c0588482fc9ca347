export { blstBls } from "./blst-bls.ts";
export { createMclSealingGroup } from "./mcl-sealing-group.ts";
export { isNative, nativeSenderSignatures } from "./native-sender-signatures.ts";
export { nodeNetworkSignatures } from "./node-network-signatures.ts";
