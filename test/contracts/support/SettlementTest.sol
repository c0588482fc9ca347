// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Hub} from "../../../contracts/Hub.sol";
import {Rollups} from "../../../contracts/Rollups.sol";
import {Settlement} from "../../../contracts/Settlement.sol";
import {IHub} from "../../../contracts/interfaces/IHub.sol";
import {ISettlement} from "../../../contracts/interfaces/ISettlement.sol";
import {HubTest} from "./HubTest.sol";

/// @notice A hub that trusts one key, and the rollups that settle on it.
abstract contract SettlementTest is HubTest {
    address internal constant OWNER = address(0x0123);
    uint64 internal constant DELAY = 7 days;

    Hub internal hub;
    Rollups internal rollups;
    Settlement[] internal settlements;

    function open(uint256 count) internal {
        hub = deployAlone();
        rollups = Rollups(deployArtifact("Rollups.sol/Rollups", abi.encode(hub)));
        for (uint256 i = 0; i < count; i++) {
            settlements.push(deploySettlement(hub, DELAY));
        }
    }

    function deploySettlement(IHub trusted, uint64 delay) internal returns (Settlement) {
        bytes memory arguments = abi.encode(trusted, rollups, OWNER, 1, delay);
        return Settlement(deployArtifact("Settlement.sol/Settlement", arguments));
    }

    /// @notice Totals that only this seed has, with nothing read from the inbox.
    function totalsOf(uint256 seed, uint64 batches) internal pure returns (ISettlement.Totals memory) {
        return ISettlement.Totals({
            batches: batches,
            inboxRead: 0,
            spent: uint64(seed >> 64),
            earned: uint64(seed >> 128),
            batchesHash: keccak256(abi.encode("batches", seed, batches)),
            inboxHash: 0
        });
    }

    function leafOf(uint256 id, ISettlement.Totals memory totals) internal pure returns (bytes32) {
        return keccak256(abi.encode(id, totals));
    }

    /// @notice Anchors a root as the next checkpoint.
    function anchor(bytes32 root) internal returns (uint32 count) {
        (uint64 number,, uint32 before,) = hub.latest();
        finalizeAlone(hub, checkpointOf(number + 1, root));
        return before + 1;
    }

    /// @notice A node of the tree over `leaves`, top down; zero where nothing lies below it.
    function nodeAt(bytes32[] memory leaves, uint256 height, uint256 position)
        internal
        pure
        returns (bytes32)
    {
        if (position << height >= leaves.length) return 0;
        if (height == 0) return leaves[position];
        bytes32 left = nodeAt(leaves, height - 1, 2 * position);
        return keccak256(abi.encode(left, nodeAt(leaves, height - 1, 2 * position + 1)));
    }

    function depthOf(uint256 width) internal pure returns (uint256 depth) {
        while (1 << depth < width) depth++;
    }

    function rootOf(bytes32[] memory leaves) internal pure returns (bytes32) {
        return nodeAt(leaves, depthOf(leaves.length), 0);
    }

    function proofOf(bytes32[] memory leaves, uint256 index) internal pure returns (bytes32[] memory proof) {
        proof = new bytes32[](depthOf(leaves.length));
        for (uint256 height = 0; height < proof.length; height++) {
            proof[height] = nodeAt(leaves, height, index >> height ^ 1);
        }
    }
}
