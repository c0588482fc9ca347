// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Hub} from "../../../contracts/Hub.sol";
import {FeeToken} from "../../../contracts/devnet/FeeToken.sol";
import {IHub} from "../../../contracts/interfaces/IHub.sol";
import {Keys} from "./Keys.sol";
import {Test} from "./Test.sol";
import {TestCommittee, TestCommittees} from "./TestCommittee.sol";

/// @notice A hub, the committee it trusts, and the steps from a checkpoint to its finality.
abstract contract HubTest is Test {
    using TestCommittees for TestCommittee;

    uint96 internal constant STAKE_MIN = 100 ether;

    FeeToken internal token = new FeeToken();

    function deploy(TestCommittee memory committee) internal returns (Hub) {
        return new Hub(committee.hash(), token, STAKE_MIN);
    }

    function checkpointOf(uint64 number, bytes32 root) internal pure returns (IHub.Checkpoint memory) {
        return IHub.Checkpoint({
            number: number,
            epoch: 0,
            height: number,
            blockHash: keccak256(abi.encode("block", number)),
            rollupsRoot: root,
            next: 0
        });
    }

    function signatureOf(
        Hub hub,
        TestCommittee memory committee,
        uint256 mask,
        IHub.Checkpoint memory checkpoint
    ) internal view returns (bytes memory) {
        return Keys.sign(committee.secretWithout(mask), hub.checkpointDigest(checkpoint));
    }

    /// @notice Finalizes with everyone present but those in `mask`.
    function finalize(
        Hub hub,
        TestCommittee memory committee,
        uint256 mask,
        IHub.Checkpoint memory checkpoint
    ) internal {
        bytes memory signature = signatureOf(hub, committee, mask, checkpoint);
        hub.finalize(checkpoint, committee.head, committee.entries(mask), signature);
    }
}
