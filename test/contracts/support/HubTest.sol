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

    uint96 internal constant STAKE_MIN = 100e6;
    uint64 internal constant EPOCH_LENGTH = 1 days;
    uint64 internal constant FIRST_EPOCH_LENGTH = 1 hours;
    uint64 internal constant UNBONDING = 21 days;
    uint256 internal constant SECRET_ALONE = 0x5ec2e7;

    FeeToken internal token = FeeToken(deployArtifact("devnet/FeeToken.sol/FeeToken", ""));

    function networkKeyOf(address operator) internal pure returns (bytes32) {
        return keccak256(abi.encode("network key", operator));
    }

    function deploy(TestCommittee memory committee) internal returns (Hub) {
        return _deploy(committee.hash());
    }

    /// @notice A hub that trusts one key: for what is not about committees. `finalizeAlone` signs for it.
    function deployAlone() internal returns (Hub) {
        return _deploy(keccak256(headAlone()));
    }

    function headAlone() internal view returns (bytes memory) {
        bytes memory record = abi.encodePacked(Keys.keyOf(SECRET_ALONE), uint64(1));
        return abi.encodePacked(record, uint16(1), keccak256(record));
    }

    function finalizeAlone(Hub hub, IHub.Checkpoint memory checkpoint) internal {
        bytes memory signature = Keys.sign(SECRET_ALONE, hub.checkpointDigest(checkpoint));
        hub.finalize(checkpoint, headAlone(), "", signature);
    }

    function _deploy(bytes32 committee) private returns (Hub) {
        IHub.Spans memory spans = IHub.Spans(EPOCH_LENGTH, FIRST_EPOCH_LENGTH, UNBONDING);
        bytes memory options = abi.encode(committee, token, STAKE_MIN, spans);
        return Hub(deployArtifact("Hub.sol/Hub", options));
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
