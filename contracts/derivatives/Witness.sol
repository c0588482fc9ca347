// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {DenseTree} from "./DenseTree.sol";
import {Leaves} from "./Leaves.sol";
import {Views} from "./Views.sol";
import {ISteps} from "../interfaces/ISteps.sol";

/// @title What a run of steps reads: the words of the chunk, and the leaves that the challenger brings
/// @notice The two sides fail differently. A word that is missing or too large is the proposer's: the run is bad, and its result
/// is no root. A leaf that is missing or not of the state is the challenger's: it reverts with `BadWitness`.
library Witness {
    using DenseTree for DenseTree.Tree;

    uint8 internal constant ACCOUNTS = 0;
    uint8 internal constant ORDERS = 1;
    uint8 internal constant MARKETS = 2;
    uint8 internal constant OUTBOX = 3;

    /// @dev The preimage of a root, but for the rollup's id.
    struct Parts {
        uint256 batch;
        DenseTree.Tree accounts;
        DenseTree.Tree orders;
        DenseTree.Tree markets;
        bytes32 series;
        DenseTree.Tree outbox;
        Leaves.Globals globals;
    }

    /// @dev Each is proven in the trees as they are when its turn comes. Without content it is a missing leaf; `extra` is what a
    /// leaf holds as a hash: a market's parameters, an account's keys.
    struct Leaf {
        uint8 tree;
        uint64 index;
        bytes content;
        bytes extra;
        bytes32[] siblings;
    }

    struct Run {
        Parts parts;
        Leaves.RollupParameters rollup;
        Leaf[] leaves;
        uint256 nextLeaf;
        bytes words;
        uint256 nextWord;
        bool isBad;
        /// How many open orders the steps have asked for.
        uint256 weight;
    }

    function open(bytes32 pre, uint256 rollupId, bytes calldata witness, bytes calldata words)
        internal
        pure
        returns (Run memory run)
    {
        bytes memory rollup;
        (run.parts, rollup, run.leaves) = abi.decode(witness, (Parts, bytes, Leaf[]));
        run.words = words;
        if (rootOf(run, rollupId) != pre) revert ISteps.BadWitness();
        if (keccak256(rollup) != run.parts.globals.parametersHash) revert ISteps.BadWitness();
        run.rollup = abi.decode(rollup, (Leaves.RollupParameters));
    }

    function rootOf(Run memory run, uint256 rollupId) internal pure returns (bytes32) {
        Parts memory parts = run.parts;
        return Leaves.stateRoot(
            rollupId,
            parts.batch,
            parts.accounts.root(),
            parts.orders.root(),
            parts.markets.root(),
            parts.series,
            parts.outbox.root(),
            Leaves.hash(parts.globals)
        );
    }

    function hasMore(Run memory run) internal pure returns (bool) {
        return run.nextWord < run.words.length;
    }

    function word(Run memory run) internal pure returns (uint256 value) {
        bytes memory words = run.words;
        uint256 from = run.nextWord;
        run.nextWord = from + 32;
        if (from + 32 > words.length) {
            run.isBad = true;
            return 0;
        }
        assembly ("memory-safe") {
            value := mload(add(add(words, 32), from))
        }
    }

    function upTo(Run memory run, uint256 most) internal pure returns (uint256 value) {
        value = word(run);
        if (value > most) {
            run.isBad = true;
            return 0;
        }
    }

    function flag(Run memory run) internal pure returns (bool) {
        return upTo(run, 1) == 1;
    }

    /// @notice The next leaf, which must be that one, as it stands in its tree.
    function take(Run memory run, uint8 tree, uint256 index) internal pure returns (Leaf memory leaf) {
        leaf = takeAny(run, tree);
        if (leaf.index != index) revert ISteps.BadWitness();
    }

    function takeAny(Run memory run, uint8 tree) internal pure returns (Leaf memory leaf) {
        if (run.nextLeaf >= run.leaves.length) revert ISteps.BadWitness();
        leaf = run.leaves[run.nextLeaf++];
        bytes32 hash = leaf.content.length == 0 ? bytes32(0) : keccak256(leaf.content);
        if (leaf.tree != tree || !treeOf(run, tree).holds(leaf.index, hash, leaf.siblings)) {
            revert ISteps.BadWitness();
        }
    }

    function put(Run memory run, Leaf memory leaf, bytes32 hash) internal pure {
        treeOf(run, leaf.tree).put(leaf.index, hash, leaf.siblings);
    }

    function treeOf(Run memory run, uint8 tree) internal pure returns (DenseTree.Tree memory) {
        if (tree == ACCOUNTS) return run.parts.accounts;
        if (tree == ORDERS) return run.parts.orders;
        return tree == MARKETS ? run.parts.markets : run.parts.outbox;
    }

    function toAccount(Leaf memory leaf) internal pure returns (Leaves.Account memory) {
        return abi.decode(leaf.content, (Leaves.Account));
    }

    function nowOf(Run memory run) internal pure returns (Views.Now memory) {
        return Views.Now(run.parts.batch, run.parts.globals, run.rollup);
    }

    function toMarket(Leaf memory leaf)
        internal
        pure
        returns (Leaves.Market memory market, Leaves.MarketParameters memory parameters)
    {
        market = abi.decode(leaf.content, (Leaves.Market));
        if (keccak256(leaf.extra) != market.parametersHash) revert ISteps.BadWitness();
        parameters = abi.decode(leaf.extra, (Leaves.MarketParameters));
    }

    /// @notice The market of a leaf, as the batch sees it.
    function toView(Run memory run, Leaf memory leaf) internal pure returns (Views.View memory) {
        (Leaves.Market memory market, Leaves.MarketParameters memory parameters) = toMarket(leaf);
        return Views.viewOf(nowOf(run), leaf.index, market, parameters);
    }

    /// @notice The markets that come next, ascending by place; `areAll` when the state has no other.
    function takeViews(Run memory run) internal pure returns (Views.View[] memory views, bool areAll) {
        uint256 count = 0;
        while (_isMarket(run, run.nextLeaf + count)) count++;
        views = new Views.View[](count);
        for (uint256 i = 0; i < count; i++) {
            Leaf memory leaf = takeAny(run, MARKETS);
            if (i != 0 && leaf.index <= views[i - 1].place) revert ISteps.BadWitness();
            views[i] = toView(run, leaf);
        }
        areAll = count == run.parts.markets.count;
    }

    function _isMarket(Run memory run, uint256 from) private pure returns (bool) {
        return from < run.leaves.length && run.leaves[from].tree == MARKETS;
    }
}
