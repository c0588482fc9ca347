// Every bound of the protocol. What arrives beyond one is refused before it costs memory.

/** Seats of a committee; a signer bitmap and a cut are bounded by it. */
export const committeeMax = 128;
/** Nodes without a seat that one node listens to: followers, and members of other epochs. */
export const observersMax = 64;
/** A transaction's ciphertext or clear body, bytes. */
export const transactionBodyBytesMax = 16_384;
/** The plaintext is padded to a multiple of this many bytes before it is sealed. */
export const sizeClassBytes = 128;
/** Transactions in one block: what one opening batch may hold. */
export const blockTransactionsMax = 256;
/** Sum of the bodies of one block's transactions, bytes. */
export const blockBytesMax = 1_048_576;
/** What a block may order before the base fee goes up, bytes of whole transactions: some half of what is opened in time. */
export const blockBytesTarget = 65_536;
/** From one block to the next the base fee moves by one part in so many at most. */
export const baseFeeStepDivisor = 64;
/** The base fee goes up to this, fee units per byte; as much as a rollup's reserve price may be. */
export const baseFeeMax = 4_294_967_295;
/** The opaque payload inside a header, bytes: 44 per lane of the cut, and what stands beside it. */
export const payloadBytesMax = 8_192;
/** How far above the current height a transaction may expire, in heights: the replay window. */
export const expiryHorizon = 20_000;
/** Rollups the ledger tracks. */
export const namespacesMax = 4_096;

/** Heights between two canonical snapshots of the replicated state. */
export const snapshotHeights = 64;
/** A snapshot travels, and is kept, in chunks of so many bytes; the last is shorter. */
export const snapshotChunkBytes = 262_144;
/** A whole snapshot, bytes: a full replay window, the emissions that are remembered, and every lane full. */
export const snapshotBytesMax = 1_073_741_824;
/** Snapshots kept on disk. Who fetches one has so many times `snapshotHeights` heights for it. */
export const snapshotsKept = 2;

/** A node whose last final height is further behind than this fetches a snapshot instead of all blocks. */
export const stateSyncHeights = 512;
/** Headers that it walks down from a certified one to find a snapshot that is named, and the block of it. */
export const stateSyncHeadersMax = 1_024;
/** Chunks of a snapshot that it has asked for at a time. */
export const chunksInFlightMax = 4;
/** Chunks that one peer gets in a burst, and the time after which it has one more, µs. */
export const chunksBurstMax = 8;
export const chunkInterval = 50_000;

/** L1 blocks that one block may read. */
export const l1BlocksPerBlockMax = 16;
/** Events that one block may read from more than one L1 block; a single L1 block is bounded by its gas. */
export const l1EventsPerBlockMax = 1_024;
/** Inbox messages of one namespace in one block: more than L1 blocks of 100 million gas can hold. */
export const inboxPerBlockMax = 4_096;
/** Data of an inbox message, bytes; Settlement takes no more. */
export const inboxMessageBytesMax = 32_768;

/** Heights that are counted together, and what one author may say through the chain within them. */
export const controlSpan = 256;
export const controlsPerSpanMax = 64;

/** Entries in one lane message. */
export const laneEntriesMax = 512;
/** Entries of one lane that no block has emitted yet; the owner stops reporting at this many. */
export const laneUnemittedMax = 8_192;
/** A stamp is forgotten when the block time is this far past it and nothing emitted it, µs. */
export const stampLifetime = 30_000_000;

/** Pieces of evidence against one validator in one epoch; one is enough. */
export const evidencePerOffenderMax = 64;
/** Pieces of evidence on disk; more than one epoch can bring forth, so that it is earlier epochs that make room. */
export const evidenceMax = 16_384;
/** Views of an epoch whose votes stay on disk, each signed by itself, to convict with. */
export const voteLogViewsMax = 131_072;
/** Votes and proposals are kept for views up to this far from the current one, above and below. */
export const viewsAheadMax = 32;
/** Blocks above the last final one; beyond it a leader proposes only after the idle time. */
export const unfinalizedMax = 16;
/** Final heights that may await their opening before only empty blocks are proposed. */
export const unopenedMax = 32;
/** How long one of them may, µs: when opening stands still, heights are few and far between. */
export const unopenedTimeMax = 4_000_000;
/** Final heights that may await their opening before no further block is judged: this node lags too far. */
export const unopenedHeightsMax = 4_096;
/** Certificates of skipped views that one proposal or answer carries. */
export const skipsMax = 64;
/** Headers in one answer. */
export const headersPerAnswerMax = 64;
/** Headers above the last final one that are held in memory, on all branches together. */
export const headersHeldMax = 1_024;
/** Pages of headers that a node which was away keeps track of while it walks back to what it knows. */
export const trailMax = 4_096;
/** Peers that are asked for the same headers at a time. */
export const askedPeersMax = 3;
/** Answers that one peer gets in a burst, and the time after which it has one more, µs. */
export const answersBurstMax = 16;
export const answerInterval = 20_000;
/** Lane messages in one answer. */
export const lanesPerAnswerMax = 64;
/** Transactions in one bundle, and ids in one request. */
export const bundleTransactionsMax = 64;
/** Bodies in one bundle, bytes. */
export const bundleBytesMax = 262_144;
/** One frame on a connection between validators, bytes. */
export const frameBytesMax = 4_194_304;
