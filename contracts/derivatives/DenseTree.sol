// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Hashes} from "@openzeppelin/contracts/utils/cryptography/Hashes.sol";

/// @title A binary tree without gaps whose leaves are counted in its root
/// @notice As deep as its count needs; what is missing at the end is zero, as a leaf that was taken out is. A count never
/// shrinks. So a place and a count have one path, and a leaf can be shown to be missing.
library DenseTree {
    struct Tree {
        uint256 count;
        bytes32 top;
    }

    function root(Tree memory tree) internal pure returns (bytes32) {
        return keccak256(abi.encode(tree.count, tree.top));
    }

    /// @notice Whether `leaf` stands at `index`. `siblings` are those from the leaf up.
    function holds(Tree memory tree, uint256 index, bytes32 leaf, bytes32[] memory siblings)
        internal
        pure
        returns (bool)
    {
        return index < tree.count && siblings.length == depthOf(tree.count)
            && topFrom(index, leaf, siblings) == tree.top;
    }

    /// @notice Puts `leaf` in the place of what `holds` has shown with the same siblings.
    function put(Tree memory tree, uint256 index, bytes32 leaf, bytes32[] memory siblings) internal pure {
        tree.top = topFrom(index, leaf, siblings);
    }

    /// @notice Adds one place to the end, which is still empty: `siblings` are those in the tree that then is.
    function grow(Tree memory tree) internal pure {
        if (tree.count != 0 && depthOf(tree.count + 1) != depthOf(tree.count)) {
            bytes32 empty;
            for (uint256 depth = depthOf(tree.count); depth != 0; depth--) {
                empty = Hashes.efficientKeccak256(empty, empty);
            }
            tree.top = Hashes.efficientKeccak256(tree.top, empty);
        }
        tree.count++;
    }

    function depthOf(uint256 count) internal pure returns (uint256 depth) {
        while (1 << depth < count) depth++;
    }

    /// @notice The top that the siblings lead to, left or right by the bits of the index.
    function topFrom(uint256 index, bytes32 leaf, bytes32[] memory siblings)
        internal
        pure
        returns (bytes32 node)
    {
        node = leaf;
        for (uint256 i = 0; i < siblings.length; i++) {
            node = index >> i & 1 == 0
                ? Hashes.efficientKeccak256(node, siblings[i])
                : Hashes.efficientKeccak256(siblings[i], node);
        }
    }
}
