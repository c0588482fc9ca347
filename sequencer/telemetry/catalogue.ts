import type { MetricDefinition } from "./metrics.ts";

const seconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Every metric of the node, under its name without the prefix. Whoever counts something new writes it down here. */
export const metricDefinitions: Readonly<Record<string, MetricDefinition>> = {
  build_info: { type: "gauge", help: "Always 1; the version is the label", labels: ["version"] },

  consensus_epoch: { type: "gauge", help: "Current epoch" },
  consensus_epochs_behind: {
    type: "gauge",
    help: "Epochs that have begun since the current one; above 0 for long, nobody has what this node lacks",
  },
  consensus_view: { type: "gauge", help: "Current view" },
  consensus_final_height: { type: "gauge", help: "Height of the last final block" },
  consensus_finality_seconds: {
    type: "histogram",
    help: "From a block's timestamp until it was final here",
    buckets: seconds,
  },
  consensus_proposals_total: { type: "counter", help: "Proposals sent, also those sent again" },
  consensus_votes_total: {
    type: "counter",
    help: "Votes sent, also those sent again; a skip gives up on a view",
    labels: ["kind"],
  },
  faults_total: { type: "counter", help: "Rules that peers broke", labels: ["code"] },
  evidence_total: {
    type: "counter",
    help: "Lies of validators that can be proven to others",
    labels: ["type"],
  },

  mempool_transactions: { type: "gauge", help: "Transactions held that no final block has" },
  mempool_admitted_total: { type: "counter", help: "Transactions admitted", labels: ["class"] },
  mempool_rejected_total: { type: "counter", help: "Transactions refused", labels: ["code"] },
  ordered_transactions_total: { type: "counter", help: "Transactions in final blocks" },
  opened_height: { type: "gauge", help: "Last height that is opened with all before it" },
  opened_transactions_total: {
    type: "counter",
    help: "Transactions opened, or found void",
    labels: ["result"],
  },
  voided_batches_total: {
    type: "counter",
    help: "Final blocks that could not be opened and were declared void",
  },
  rewinds_total: {
    type: "counter",
    help: "Times that this node had opened a block which a quorum declared void, and went back",
  },
  opening_seconds: {
    type: "histogram",
    help: "From a block being final until it was opened here",
    buckets: seconds,
  },
  opening_behind_heights: { type: "gauge", help: "Final blocks that are not opened here" },
  opening_behind_seconds: { type: "gauge", help: "How long the oldest of them has been final" },

  sealing_key_id: { type: "gauge", help: "Id of the key that clients seal to, 0 for none" },
  sealing_keys: { type: "gauge", help: "Keys in use: two while one replaces the other" },
  sealing_shares_missing: {
    type: "gauge",
    help: "Keys in use of which this validator has lost its share, so that others open without it",
  },

  state_sync_height: { type: "gauge", help: "Height of the snapshot that is fetched, 0 for none" },
  state_sync_chunks: { type: "gauge", help: "Chunks of that snapshot that are here" },
  state_syncs_total: { type: "counter", help: "Snapshots fetched and begun from" },

  network_peers: { type: "gauge", help: "Validators connected" },
  network_frames_sent_total: { type: "counter", help: "Frames sent", labels: ["channel"] },
  network_bytes_sent_total: { type: "counter", help: "Bytes sent", labels: ["channel"] },
  network_frames_received_total: { type: "counter", help: "Frames received", labels: ["channel"] },
  network_bytes_received_total: { type: "counter", help: "Bytes received", labels: ["channel"] },
  network_frames_dropped_total: {
    type: "counter",
    help: "Frames that were not sent",
    labels: ["channel", "reason"],
  },
  network_refusals_total: {
    type: "counter",
    help: "Connections and streams refused",
    labels: ["reason"],
  },
  network_penalties_total: { type: "counter", help: "Peers cut off", labels: ["code"] },

  frames_shed_total: {
    type: "counter",
    help: "Frames of peers not looked at because the disk was behind",
  },

  workers_queue_jobs: { type: "gauge", help: "Jobs that wait for a worker thread" },

  store_sync_seconds: {
    type: "histogram",
    help: "Time until a synced batch was on disk",
    buckets: [0.0005, 0.001, 0.0025, ...seconds],
  },

  checkpoint_height: { type: "gauge", help: "Height of the last certified checkpoint" },
  anchor_gas: { type: "gauge", help: "Gas of the last checkpoint that this node anchored alone" },
  post_gas: { type: "gauge", help: "Gas of the last one that it anchored with all that follows" },
  settle_gas: { type: "gauge", help: "Gas of the last settling of all rollups by this node" },
  l1_convictions_total: {
    type: "counter",
    help: "Validators whose stake was slashed by a transaction of this node",
  },
  l1_transactions_failed_total: {
    type: "counter",
    help: "L1 transactions of this node that were included and did nothing",
  },
  l1_up: { type: "gauge", help: "1 when L1 answered the last request" },
  l1_bad_answers_total: {
    type: "counter",
    help: "Answers of L1 that were not of the form they must have",
  },
  l1_finality_violations_total: {
    type: "counter",
    help: "Times that a finalized L1 block was found changed",
  },
  l1_final_block: { type: "gauge", help: "Last finalized L1 block that was read" },

  api_requests_total: { type: "counter", help: "API requests", labels: ["route", "status"] },
  api_request_seconds: {
    type: "histogram",
    help: "Time to answer an API request",
    labels: ["route"],
    buckets: seconds,
  },
};
