// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Bundle} from "../../contracts/Bundle.sol";
import {Hub} from "../../contracts/Hub.sol";
import {IBundle} from "../../contracts/interfaces/IBundle.sol";
import {IHub} from "../../contracts/interfaces/IHub.sol";
import {IRollups} from "../../contracts/interfaces/IRollups.sol";
import {IStake} from "../../contracts/interfaces/IStake.sol";
import {HubTest} from "./support/HubTest.sol";
import {Keys} from "./support/Keys.sol";
import {TestCommittee, TestCommittees} from "./support/TestCommittee.sol";

/// @notice From one committee to the next: who may follow, who decides it, and when a stake is free again.
contract RotationTest is HubTest {
    using TestCommittees for TestCommittee;

    bytes32 private constant SEALING = keccak256("sealing");

    TestCommittee private first;
    TestCommittee private second;
    Hub private hub;
    IStake private stake;
    uint256 private start;

    function setUp() external {
        vm.warp(1_800_000_000);
        first = TestCommittees.make(1, 4, 1);
        second = TestCommittees.make(2, 7, 1);
        hub = deploy(first);
        stake = hub.STAKE();
        start = block.timestamp;
    }

    function test_a_committee_hands_over_to_the_one_that_stake_prepared() external {
        _registerSecond();
        vm.warp(start + EPOCH_LENGTH);
        bytes memory networkKeys;
        for (uint256 i = 0; i < 7; i++) {
            networkKeys = bytes.concat(networkKeys, networkKeyOf(_operator(i)));
        }
        vm.expectEmit();
        emit IHub.Prepared(1, second.hash(), _keys(), networkKeys);
        hub.prepare(_keys());
        assertEq(hub.preparedEpoch(), 1);
        assertEq(hub.committees(1), bytes32(0));

        finalize(hub, first, 0, checkpointOf(1, keccak256("before")));
        vm.warp(start + EPOCH_LENGTH + 100);
        vm.expectEmit();
        emit IHub.Rotated(1, second.hash(), SEALING);
        _rotate(_last(2), 0);
        assertEq(hub.committees(1), second.hash());
        assertEq(hub.sealings(1), SEALING);
        assertEq(hub.endedAt(0), start + EPOCH_LENGTH + 100);
        assertEq(hub.startedAt(1), start + EPOCH_LENGTH + 100);
        assertEq(hub.rootAt(2), keccak256("last"));

        IHub.Checkpoint memory checkpoint = checkpointOf(3, keccak256("after"));
        bytes memory signature = signatureOf(hub, first, 0, checkpoint);
        bytes memory head = first.head;
        vm.expectRevert(abi.encodeWithSelector(IHub.WrongEpoch.selector, uint64(0), uint64(1)));
        hub.finalize(checkpoint, head, "", signature);
        checkpoint.epoch = 1;
        signature = signatureOf(hub, first, 0, checkpoint);
        vm.expectRevert(abi.encodeWithSelector(IHub.BadCommittee.selector));
        hub.finalize(checkpoint, head, "", signature);
        finalize(hub, second, 3, checkpoint);
        (, uint64 epoch, uint32 count,) = hub.latest();
        assertEq(epoch, 1);
        assertEq(count, 3);
    }

    /// @notice A quorum of the old committee signs for the new one, as it signs for everything.
    function testFuzz_only_a_quorum_hands_over(uint256 mask) external {
        mask = mask % 15;
        _prepareSecond();
        IHub.Checkpoint memory checkpoint = _last(1);
        bytes memory signature = signatureOf(hub, first, mask, checkpoint);
        uint256 weight = first.weightWithout(mask);
        bool isQuorum = 3 * weight > 8;
        bytes memory head = first.head;
        bytes memory absent = first.entries(mask);
        bytes32 committee = second.hash();
        if (!isQuorum) {
            vm.expectRevert(abi.encodeWithSelector(IHub.NoQuorum.selector, weight, uint256(4)));
        }
        hub.rotate(checkpoint, head, absent, signature, committee, SEALING);
        (, uint64 epoch,,) = hub.latest();
        assertEq(epoch, isQuorum ? 1 : 0);
    }

    function test_an_epoch_lasts_its_length_before_a_committee_is_prepared() external {
        _registerSecond();
        bytes memory keys = _keys();
        uint256 from = start + FIRST_EPOCH_LENGTH;
        _isTooEarly(keys, from);
        assertEq(hub.preparedEpoch(), 0);
        vm.warp(from);
        hub.prepare(keys);
        _isTooEarly(keys, from + EPOCH_LENGTH);
        vm.warp(from + 100);
        _rotate(_last(1), 0);
        _isTooEarly(keys, from + 100 + EPOCH_LENGTH);
    }

    function test_a_committee_has_four_members_at_least() external {
        _registerSecond();
        for (uint256 i = 0; i < 4; i++) {
            vm.prank(_operator(i));
            stake.exit();
        }
        // Each of the last ones has taken the place of one that left.
        bytes memory keys = bytes.concat(second.keys[6], second.keys[5], second.keys[4]);
        vm.warp(start + EPOCH_LENGTH);
        vm.expectRevert(abi.encodeWithSelector(IHub.TooFew.selector, uint256(3), uint256(4)));
        hub.prepare(keys);
    }

    /// @notice A committee that never comes to a key does not block the way, and what was prepared before stays good.
    function test_another_committee_can_be_prepared_and_either_may_follow() external {
        _prepareSecond();
        bytes32 whole = second.hash();
        vm.prank(_operator(6));
        stake.exit();
        bytes memory fewer;
        for (uint256 i = 0; i < 6; i++) {
            fewer = bytes.concat(fewer, second.keys[i]);
        }
        vm.warp(start + 2 * EPOCH_LENGTH);
        hub.prepare(fewer);
        assertTrue(hub.isPrepared(1, whole), "the first one");
        _rotate(_last(1), 0);
        assertEq(hub.committees(1), whole);
    }

    function test_a_committee_that_nobody_prepared_does_not_follow() external {
        IHub.Checkpoint memory checkpoint = _last(1);
        bytes memory signature = signatureOf(hub, first, 0, checkpoint);
        _refusesToRotate(checkpoint, signature, second.hash(), SEALING);
        _prepareSecond();
        _refusesToRotate(checkpoint, signature, second.hash(), keccak256("another sealing"));
        _refusesToRotate(checkpoint, signature, first.hash(), SEALING);
        IHub.Checkpoint memory plain = checkpointOf(1, keccak256("plain"));
        signature = signatureOf(hub, first, 0, plain);
        _refusesToRotate(plain, signature, second.hash(), SEALING);
    }

    function test_a_hand_over_is_not_taken_as_any_other_checkpoint() external {
        _prepareSecond();
        IHub.Checkpoint memory checkpoint = _last(1);
        bytes memory signature = signatureOf(hub, first, 0, checkpoint);
        bytes memory head = first.head;
        vm.expectRevert(abi.encodeWithSelector(IHub.HandsOver.selector, checkpoint.next));
        hub.finalize(checkpoint, head, "", signature);
    }

    function test_a_hand_over_by_a_checkpoint_that_is_not_new_is_refused() external {
        _prepareSecond();
        finalize(hub, first, 0, checkpointOf(5, keccak256("fifth")));
        IHub.Checkpoint memory checkpoint = _last(5);
        bytes memory signature = signatureOf(hub, first, 0, checkpoint);
        bytes memory head = first.head;
        bytes32 committee = second.hash();
        vm.expectRevert(abi.encodeWithSelector(IHub.Stale.selector, uint64(5), uint64(5)));
        hub.rotate(checkpoint, head, "", signature, committee, SEALING);
        assertEq(hub.startedAt(0), start);
        assertEq(hub.startedAt(1), 0);
    }

    function test_a_hand_over_is_posted_in_a_bundle() external {
        _prepareSecond();
        IHub.Checkpoint memory last = _last(1);
        bytes memory signature = signatureOf(hub, first, 0, last);
        IBundle.Anchor memory anchor = IBundle.Anchor(last, first.head, "", signature, second.hash(), SEALING);
        Bundle bundle = Bundle(deployArtifact("Bundle.sol/Bundle", ""));
        IRollups none = IRollups(address(0));
        IRollups.Collection[] memory collections = new IRollups.Collection[](0);
        assertEq(bundle.post(hub, anchor, new IBundle.Item[](0), none, collections, address(0)), 0);
        assertEq(hub.committees(1), second.hash());
    }

    function test_a_hand_over_happens_once() external {
        _prepareSecond();
        _rotate(_last(1), 0);
        IHub.Checkpoint memory checkpoint = _last(2);
        bytes memory signature = signatureOf(hub, first, 0, checkpoint);
        bytes memory head = first.head;
        bytes32 committee = second.hash();
        vm.expectRevert(abi.encodeWithSelector(IHub.WrongEpoch.selector, uint64(0), uint64(1)));
        hub.rotate(checkpoint, head, "", signature, committee, SEALING);
    }

    /// @notice A stake answers for its operator until long after the last epoch that it may have signed in.
    function testFuzz_a_stake_is_free_after_its_last_epoch(bool isPrepared, uint32 wait) external {
        if (isPrepared) _prepareSecond();
        else _registerSecond();
        address leaver = _operator(3);
        vm.expectEmit();
        emit IStake.Exited(leaver, isPrepared ? 1 : 0);
        vm.prank(leaver);
        stake.exit();
        uint64 last = isPrepared ? 1 : 0;
        vm.warp(start + 1000 days);
        vm.expectRevert(abi.encodeWithSelector(IStake.StillBonded.selector, last, uint64(0)));
        vm.prank(leaver);
        stake.withdraw();
        if (!isPrepared) hub.prepare(_keysWithout(3));
        bytes32 next = isPrepared ? second.hash() : _hashWithout(3);
        _rotateTo(_lastTo(1, next), first, next);
        if (isPrepared) {
            // It sits in the committee of epoch 1, which has to end as well.
            vm.expectRevert(abi.encodeWithSelector(IStake.StillBonded.selector, last, uint64(0)));
            vm.prank(leaver);
            stake.withdraw();
            vm.warp(block.timestamp + EPOCH_LENGTH);
            hub.prepare(_keysWithout(3));
            IHub.Checkpoint memory checkpoint = _lastTo(2, _hashWithout(3));
            checkpoint.epoch = 1;
            _rotateTo(checkpoint, second, _hashWithout(3));
        }
        uint64 free = hub.endedAt(last) + UNBONDING;
        uint256 time = block.timestamp + wait % (2 * UNBONDING);
        vm.warp(time);
        bool isFree = time >= free;
        if (!isFree) vm.expectRevert(abi.encodeWithSelector(IStake.StillBonded.selector, last, free));
        vm.prank(leaver);
        stake.withdraw();
        assertEq(token.balanceOf(leaver), isFree ? STAKE_MIN : 0);
        assertEq(token.balanceOf(address(stake)), (isFree ? 6 : 7) * uint256(STAKE_MIN));
        if (!isFree) return;
        vm.expectRevert(abi.encodeWithSelector(IStake.NothingToWithdraw.selector, leaver));
        vm.prank(leaver);
        stake.withdraw();
    }

    function _isTooEarly(bytes memory keys, uint256 from) private {
        assertEq(hub.preparableFrom(), from);
        vm.warp(from - 1);
        vm.expectRevert(abi.encodeWithSelector(IHub.TooEarly.selector, from));
        hub.prepare(keys);
    }

    function _registerSecond() private {
        for (uint256 i = 0; i < 7; i++) {
            address operator = _operator(i);
            token.mint(operator, STAKE_MIN);
            vm.prank(operator);
            token.approve(address(stake), STAKE_MIN);
            bytes32 digest = stake.possessionDigest(operator, keccak256(second.keys[i]));
            bytes memory possession = Keys.prove(second.secrets[i], digest);
            bytes memory key = second.keys[i];
            vm.prank(operator);
            stake.register(key, possession, networkKeyOf(operator), "", STAKE_MIN);
        }
    }

    function _prepareSecond() private {
        _registerSecond();
        vm.warp(start + EPOCH_LENGTH);
        hub.prepare(_keys());
    }

    function _operator(uint256 index) private pure returns (address) {
        return address(uint160(0x3000 + index));
    }

    function _keys() private view returns (bytes memory keys) {
        for (uint256 i = 0; i < 7; i++) {
            keys = bytes.concat(keys, second.keys[i]);
        }
    }

    /// @dev The last one takes the place of who left.
    function _without(uint256 leaver) private pure returns (uint256[] memory order) {
        order = new uint256[](6);
        for (uint256 i = 0; i < 6; i++) {
            order[i] = i == leaver ? 6 : i;
        }
    }

    function _keysWithout(uint256 leaver) private view returns (bytes memory keys) {
        uint256[] memory order = _without(leaver);
        for (uint256 i = 0; i < 6; i++) {
            keys = bytes.concat(keys, second.keys[order[i]]);
        }
    }

    function _hashWithout(uint256 leaver) private view returns (bytes32) {
        uint256[] memory order = _without(leaver);
        TestCommittee memory rest = TestCommittees.make(2, 6, 1);
        for (uint256 i = 0; i < 6; i++) {
            rest.secrets[i] = second.secrets[order[i]];
            rest.keys[i] = second.keys[order[i]];
        }
        uint256 sum = rest.secretWithout(0);
        bytes32 root = rest.root();
        return keccak256(abi.encodePacked(Keys.keyOf(sum), uint64(6), uint16(6), root));
    }

    function _last(uint64 number) private view returns (IHub.Checkpoint memory) {
        return _lastTo(number, second.hash());
    }

    function _lastTo(uint64 number, bytes32 committee) private pure returns (IHub.Checkpoint memory last) {
        last = checkpointOf(number, keccak256("last"));
        last.next = keccak256(abi.encode(committee, SEALING));
    }

    function _rotate(IHub.Checkpoint memory checkpoint, uint256 mask) private {
        bytes memory signature = signatureOf(hub, first, mask, checkpoint);
        hub.rotate(checkpoint, first.head, first.entries(mask), signature, second.hash(), SEALING);
    }

    function _rotateTo(IHub.Checkpoint memory checkpoint, TestCommittee memory by, bytes32 committee)
        private
    {
        bytes memory signature = signatureOf(hub, by, 0, checkpoint);
        hub.rotate(checkpoint, by.head, "", signature, committee, SEALING);
    }

    function _refusesToRotate(
        IHub.Checkpoint memory checkpoint,
        bytes memory signature,
        bytes32 committee,
        bytes32 sealing
    ) private {
        bytes memory head = first.head;
        vm.expectRevert(abi.encodeWithSelector(IHub.UnknownCommittee.selector, checkpoint.next));
        hub.rotate(checkpoint, head, "", signature, committee, sealing);
    }
}
