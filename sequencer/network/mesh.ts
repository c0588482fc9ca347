// The committee's own network: every validator is connected to every other and to those who may listen, by libp2p over
// TCP, encrypted and mutually authenticated by Noise, and to nobody else. No discovery and no gossip: who they are is known.

import { publicKeyFromRaw } from "@libp2p/crypto/keys";
import type { Connection, PeerId, Stream } from "@libp2p/interface";
import { peerIdFromPublicKey } from "@libp2p/peer-id";
import { multiaddr } from "@multiformats/multiaddr";
import type { Libp2p } from "libp2p";
import { assert, CodedError } from "../../base/index.ts";
import { limits } from "../../protocol/index.ts";
import { type Channel, channels, defaultTiming, protocolOf, type Timing } from "./channel.ts";
import { connectionsPerPeerMax, createNode } from "./libp2p.ts";
import { Link } from "./link.ts";
import type { Mesh, MeshOptions, MeshPeer } from "./mesh-options.ts";
import { Receiver, type ReceiverFault } from "./receiver.ts";
import { Tally } from "./tally.ts";

/** Opens the network; connecting goes on behind it. Fails with `LISTEN_FAILED` when an address cannot be listened on. */
export async function createMesh(options: MeshOptions): Promise<Mesh> {
  const mesh = new Libp2pMesh(options);
  await mesh.start();
  return mesh;
}

interface Peer {
  readonly index: number;
  readonly id: PeerId;
  /** Where it is reached, in one text to compare. */
  readonly reached: string;
  readonly link: Link;
  readonly receivers: Map<Channel, Receiver>;
  mutedUntil: number;
  isConnected: boolean;
  /** Said once, and again only after it had been of our chain. */
  isForeign: boolean;
}

class Libp2pMesh implements Mesh {
  readonly #options: MeshOptions;
  readonly #timing: Timing;
  readonly #tally: Tally;
  readonly #peers = new Map<string, Peer>();
  readonly #byIndex = new Map<number, Peer>();
  /** Links of former peers on their way down. */
  readonly #leaving = new Set<Promise<void>>();
  #node: Libp2p | undefined;
  #timer: NodeJS.Timeout | undefined;
  #lastBeat = 0;
  #isClosing = false;

  constructor(options: MeshOptions) {
    this.#options = options;
    this.#timing = { ...defaultTiming, ...options.timing };
    this.#tally = new Tally(options.metrics);
  }

  get connectedPeers(): readonly number[] {
    const connected = [...this.#byIndex.values()].filter(({ isConnected }) => isConnected);
    return connected.map(({ index }) => index).sort((a, b) => a - b);
  }

  get addresses(): readonly string[] {
    return this.#node?.getMultiaddrs().map(String) ?? [];
  }

  async start(): Promise<void> {
    const { privateKeySeed, listen, peers } = this.#options;
    const mayConnect = (id: PeerId): boolean => this.#mayConnect(id);
    const node = await createNode({ privateKeySeed, listen, mayConnect });
    this.#node = node;
    for (const channel of channels)
      await node.handle(
        protocolOf(channel),
        (stream, connection) => this.#onStream(channel, stream, connection),
        { maxInboundStreams: 2 },
      );
    node.addEventListener("connection:open", ({ detail }) => {
      this.#peers.get(detail.remotePeer.toString())?.link.wake();
    });
    try {
      await node.start();
    } catch (cause) {
      throw new CodedError("LISTEN_FAILED", "cannot listen: is the port taken?", {
        cause,
        details: { listen },
      });
    }
    this.setPeers(peers);
    this.#lastBeat = performance.now();
    this.#timer = setInterval(() => this.#beat(), this.#timing.heartbeat);
  }

  setPeers(peers: readonly MeshPeer[]): void {
    const node = this.#node;
    if (node === undefined || this.#isClosing) return;
    const wanted = new Map(peers.map((peer) => [nameOf(peer), peer]));
    for (const [name, peer] of this.#peers) {
      const same = wanted.get(name);
      if (same?.index === peer.index && reachedAt(same) === peer.reached) wanted.delete(name);
      else this.#removePeer(name, peer);
    }
    for (const peer of wanted.values()) this.#addPeer(node, peer);
  }

  /** What is for somebody who is no peer any more is dropped: it was asked for before. */
  send(peer: number, frame: Uint8Array): void {
    assertFrame(frame);
    this.#byIndex.get(peer)?.link.send(this.#options.channelOf(frame), frame);
  }

  broadcast(frame: Uint8Array): void {
    assertFrame(frame);
    const channel = this.#options.channelOf(frame);
    for (const { link } of this.#byIndex.values()) link.send(channel, frame);
  }

  penalize(peer: number, code: string): void {
    const target = this.#byIndex.get(peer);
    if (target === undefined) return;
    this.#options.logger.warn("peer cut off", { peer, code });
    this.#tally.penalize(code);
    this.#mute(target, code);
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    clearInterval(this.#timer);
    await Promise.all([
      ...[...this.#byIndex.values()].map(({ link }) => link.close()),
      ...this.#leaving,
    ]);
    this.#tally.flush();
    await this.#node?.stop();
  }

  #addPeer(node: Libp2p, given: MeshPeer): void {
    const { index, networkKey, addresses } = given;
    const id = peerIdFromPublicKey(publicKeyFromRaw(networkKey));
    const targets = addresses.map((address) => multiaddr(`${address}/p2p/${id.toString()}`));
    const link = new Link(
      {
        // Of a peer without an address only a connection that it made itself is found.
        dial: (signal) => node.dial(targets.length === 0 ? id : targets, { signal }),
        onUp: () => this.#update(peer),
        onDown: () => this.#update(peer),
        logger: this.#options.logger,
        tally: this.#tally,
      },
      { peer: index, genesisHash: this.#options.genesisHash, timing: this.#timing },
    );
    const peer: Peer = {
      index,
      id,
      reached: reachedAt(given),
      link,
      receivers: new Map(),
      mutedUntil: 0,
      isConnected: false,
      isForeign: false,
    };
    this.#peers.set(id.toString(), peer);
    this.#byIndex.set(index, peer);
  }

  /** Its connection ends behind our back; nothing of it is heard or reported any more. */
  #removePeer(name: string, peer: Peer): void {
    this.#peers.delete(name);
    this.#byIndex.delete(peer.index);
    if (peer.isConnected) this.#options.onDisconnected(peer.index);
    peer.isConnected = false;
    this.#cut(peer, "no peer any more");
    const closing = peer.link.close().finally(() => this.#leaving.delete(closing));
    this.#leaving.add(closing);
  }

  #mayConnect(id: PeerId): boolean {
    const peer = this.#peers.get(id.toString());
    const refusal = this.#refusalOf(peer);
    if (refusal !== undefined) this.#tally.refuse(refusal);
    return refusal === undefined;
  }

  #refusalOf(peer: Peer | undefined): string | undefined {
    if (peer === undefined) return "stranger";
    if (performance.now() < peer.mutedUntil) return "penalty";
    return this.#connectionsOf(peer).length < connectionsPerPeerMax ? undefined : "too-many";
  }

  #onStream(channel: Channel, stream: Stream, connection: Connection): void {
    const peer = this.#peers.get(connection.remotePeer.toString());
    if (peer === undefined || this.#isClosing) return stream.abort(new Error("not expected"));
    const { genesisHash } = this.#options;
    const receiver = new Receiver(
      stream,
      {
        onGreeting: () => this.#onGreeting(peer, channel, receiver),
        onFrame: (frame) => {
          if (this.#byIndex.get(peer.index) === peer) this.#options.onFrame(peer.index, frame);
        },
        onFault: (code) => this.#onFault(peer, code),
        onEnd: () => this.#onEnd(peer, channel, receiver),
      },
      { genesisHash, channel, tally: this.#tally },
    );
  }

  #onGreeting(peer: Peer, channel: Channel, receiver: Receiver): void {
    const previous = peer.receivers.get(channel);
    peer.receivers.set(channel, receiver);
    // The peer has begun anew, and what it said before on a broken connection is over.
    previous?.stop("replaced");
    peer.isForeign = false;
    this.#update(peer);
  }

  #onEnd(peer: Peer, channel: Channel, receiver: Receiver): void {
    if (peer.receivers.get(channel) === receiver) peer.receivers.delete(channel);
    this.#update(peer);
  }

  #onFault(peer: Peer, code: ReceiverFault): void {
    if (code !== "WRONG_GENESIS") return this.penalize(peer.index, code);
    if (!peer.isForeign)
      this.#options.logger.warn("peer is of another chain: compare the genesis files", {
        peer: peer.index,
      });
    peer.isForeign = true;
    this.#tally.refuse("genesis");
    this.#mute(peer, code);
  }

  #mute(peer: Peer, reason: string): void {
    peer.mutedUntil = performance.now() + this.#timing.penalty;
    this.#cut(peer, reason);
  }

  #cut(peer: Peer, reason: string): void {
    for (const receiver of peer.receivers.values()) receiver.stop(reason);
    peer.link.cut(reason, peer.mutedUntil);
    for (const connection of this.#connectionsOf(peer)) connection.abort(new Error(reason));
  }

  #update(peer: Peer): void {
    if (this.#byIndex.get(peer.index) !== peer) return;
    const isConnected = peer.link.isUp && peer.receivers.size === channels.length;
    if (isConnected === peer.isConnected) return;
    peer.isConnected = isConnected;
    this.#tally.peers(this.connectedPeers.length);
    this.#options.logger.info(isConnected ? "peer connected" : "peer disconnected", {
      peer: peer.index,
    });
    if (isConnected) this.#options.onConnected(peer.index);
    else this.#options.onDisconnected(peer.index);
  }

  #beat(): void {
    const now = performance.now();
    // When this very thread was late, nobody could be heard: that is not their silence.
    const delay = Math.max(0, now - this.#lastBeat - this.#timing.heartbeat);
    this.#lastBeat = now;
    for (const peer of this.#byIndex.values()) {
      for (const receiver of peer.receivers.values()) receiver.beat(delay);
      peer.link.beat(now);
      if (this.#isSilent(peer, now)) {
        this.#options.logger.info("peer is silent", { peer: peer.index });
        this.#cut(peer, "silent");
      }
    }
    this.#tally.flush();
  }

  /** Nothing came on one of its streams; or it has none, although we reach it. */
  #isSilent({ link, receivers }: Peer, now: number): boolean {
    const isOld = (time: number): boolean => now - time > this.#timing.silence;
    if ([...receivers.values()].some(({ lastHeard }) => isOld(lastHeard))) return true;
    return link.isUp && receivers.size < channels.length && isOld(link.upSince);
  }

  #connectionsOf(peer: Peer): Connection[] {
    return this.#node?.getConnections(peer.id) ?? [];
  }
}

function nameOf({ networkKey }: MeshPeer): string {
  return peerIdFromPublicKey(publicKeyFromRaw(networkKey)).toString();
}

function reachedAt({ addresses }: MeshPeer): string {
  return addresses.join(" ");
}

function assertFrame(frame: Uint8Array): void {
  assert(frame.length > 0 && frame.length <= limits.frameBytesMax, "a frame is within its limits");
}
