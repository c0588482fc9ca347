import type { Logger, Metrics, Transport } from "../../base/index.ts";
import type { Channel, Timing } from "./channel.ts";

export interface MeshPeer {
  /** What it is called here, for as long as it is a peer. */
  readonly index: number;
  /** Ed25519, 32 bytes: its identity. */
  readonly networkKey: Uint8Array;
  /** Multiaddrs without the peer id: `/ip4/10.0.0.2/tcp/9000`, `/dns4/node2/tcp/9000`. Without one it has to come to us. */
  readonly addresses: readonly string[];
}

export interface MeshOptions {
  /** This node's Ed25519 secret, 32 bytes. */
  readonly privateKeySeed: Uint8Array;
  /** Multiaddrs to listen on. */
  readonly listen: readonly string[];
  /** Who may connect, and is connected to, at first. */
  readonly peers: readonly MeshPeer[];
  readonly genesisHash: Uint8Array;
  /** By which stream a frame travels. */
  readonly channelOf: (frame: Uint8Array) => Channel;
  /** Called as frames arrive, in the order of their channel. Must not throw, nor keep the turn for long. */
  readonly onFrame: (peer: number, frame: Uint8Array) => void;
  /** The peer hears us and we hear it. Frames may come somewhat earlier. */
  readonly onConnected: (peer: number) => void;
  readonly onDisconnected: (peer: number) => void;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly timing?: Partial<Timing>;
}

export interface Mesh extends Transport {
  /**
   * From now on these and no others. Who was a peer under the same index and key and with the same addresses keeps its
   * connection; an index that is given to another key is another peer.
   */
  setPeers(peers: readonly MeshPeer[]): void;
  /** Indices of the connected peers, ascending. */
  readonly connectedPeers: readonly number[];
  /** What is listened on, with the ports that were given out for 0. */
  readonly addresses: readonly string[];
}
