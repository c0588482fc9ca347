export { createMesh, type Mesh, type MeshOptions, type MeshPeer } from "./mesh.ts";
export type { Channel } from "./channel.ts";
