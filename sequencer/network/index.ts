export type { Channel } from "./channel.ts";
export { createMesh } from "./mesh.ts";
export type { Mesh, MeshOptions, MeshPeer } from "./mesh-options.ts";
