// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Hub} from "../../contracts/Hub.sol";
import {Messages} from "../../contracts/Messages.sol";
import {IHub} from "../../contracts/interfaces/IHub.sol";
import {IStake} from "../../contracts/interfaces/IStake.sol";
import {HubTest} from "./support/HubTest.sol";
import {Keys} from "./support/Keys.sol";

/// @notice Who contradicts itself loses its stake; who does not, whatever is said of it, does not.
contract ConvictionTest is HubTest {
    address private constant LIAR = address(0x11a3);
    address private constant REPORTER = address(0xbe11);
    address private constant BURNT = address(0xdead);
    uint256 private constant SECRET = 0x5ec2e7;

    Hub private hub;
    IStake private stake;
    bytes private key;

    function setUp() external {
        hub = deployAlone();
        stake = hub.STAKE();
        key = Keys.keyOf(SECRET);
        _register(LIAR, SECRET, 7 * STAKE_MIN);
    }

    /// @notice Two payloads of any kind in one epoch and slot.
    function testFuzz_two_payloads_convict(uint8 kind, uint64 epoch, uint64 slot, bytes32 one, bytes32 other)
        external
    {
        vm.assume(one != other);
        IHub.Signed memory first = IHub.Signed(kind, slot, one);
        IHub.Signed memory second = IHub.Signed(kind, slot, other);
        bytes memory signature = _signBoth(SECRET, epoch, first, second);
        vm.expectEmit();
        emit IHub.Convicted(LIAR, epoch, kind, kind, slot);
        vm.expectEmit();
        emit IStake.Slashed(LIAR, REPORTER, 7 * STAKE_MIN, 0, 7 * STAKE_MIN / 20);
        vm.prank(REPORTER);
        hub.convict(key, epoch, first, second, signature);
        (, uint96 left, bool isActive) = stake.operatorOf(LIAR);
        assertEq(left, 0);
        assertTrue(!isActive, "out");
        assertEq(token.balanceOf(REPORTER), 7 * STAKE_MIN / 20);
        assertEq(token.balanceOf(REPORTER) + token.balanceOf(BURNT), 7 * STAKE_MIN);
        assertEq(token.balanceOf(address(stake)), 0);
    }

    function testFuzz_a_commit_beside_a_skip_convicts(uint64 epoch, uint64 view_, bytes32 block_) external {
        IHub.Signed memory first = IHub.Signed(uint8(Messages.COMMIT), view_, block_);
        IHub.Signed memory second = IHub.Signed(uint8(Messages.SKIP), view_, 0);
        hub.convict(key, epoch, first, second, _signBoth(SECRET, epoch, first, second));
        (, uint96 left,) = stake.operatorOf(LIAR);
        assertEq(left, 0);
    }

    /// @notice All that an honest validator may sign in one epoch: a PREPARE and a COMMIT or a SKIP in one view, and
    /// anything in different ones; and the same twice.
    function testFuzz_what_an_honest_validator_signs_does_not_convict(
        uint8 kind,
        uint64 slot,
        uint64 later,
        bytes32 payload
    ) external {
        vm.assume(later != slot);
        IHub.Signed memory it = IHub.Signed(kind, slot, payload);
        _isInnocent(it, it);
        _isInnocent(it, IHub.Signed(kind, later, keccak256("another")));
        IHub.Signed memory prepare = IHub.Signed(uint8(Messages.PREPARE), slot, payload);
        _isInnocent(prepare, IHub.Signed(uint8(Messages.COMMIT), slot, payload));
        _isInnocent(prepare, IHub.Signed(uint8(Messages.SKIP), slot, 0));
        IHub.Signed memory commit = IHub.Signed(uint8(Messages.COMMIT), slot, payload);
        _isInnocent(commit, IHub.Signed(uint8(Messages.SKIP), later, 0));
        // A height and a view are different slots, whatever their numbers.
        _isInnocent(commit, IHub.Signed(uint8(Messages.CHECKPOINT), slot, keccak256("another")));
    }

    /// @notice Whatever two statements are claimed, in whatever epoch, and whichever of its signatures are added up for it:
    /// who signed one block for each view, and a COMMIT or a SKIP of it, and one checkpoint for each height, keeps its stake.
    function testFuzz_no_evidence_convicts_the_honest(uint256 seed) external {
        for (uint256 i = 0; i < 12; i++) {
            uint256 random = uint256(keccak256(abi.encode(seed, i)));
            (uint64 epoch, IHub.Signed memory first) = _honest(seed, random);
            (uint64 other, IHub.Signed memory second) = _honest(seed, random >> 16);
            bytes32 domain = hub.DOMAIN();
            bytes memory one =
                Keys.sign(SECRET, Messages.digest(domain, first.kind, epoch, first.slot, first.payload));
            bytes memory two =
                Keys.sign(SECRET, Messages.digest(domain, second.kind, other, second.slot, second.payload));
            uint256 lie = random >> 32 & 7;
            if (lie == 1) second.slot = first.slot;
            if (lie == 2) (second.kind, second.slot) = (first.kind, first.slot);
            if (lie == 3) (first.kind, second.kind) = (uint8(Messages.COMMIT), uint8(Messages.SKIP));
            if (lie == 4) epoch = uint64(random >> 40 & 1);
            if (lie == 5) (second.slot, second.payload) = (first.slot, bytes32(random));
            if (lie >= 3) second.slot = first.slot;
            bytes memory signature = lie == 6 ? Keys.sum(one, one) : Keys.sum(one, two);
            if (lie == 7) signature = Keys.sum(signature, one);
            (bool ok,) =
                address(hub).call(abi.encodeCall(IHub.convict, (key, epoch, first, second, signature)));
            assertTrue(!ok, "innocent");
        }
        (, uint96 left,) = stake.operatorOf(LIAR);
        assertEq(left, 7 * STAKE_MIN);
    }

    /// @dev One of the things that an honest validator signs in two epochs of three views and heights.
    function _honest(uint256 seed, uint256 random)
        private
        pure
        returns (uint64 epoch, IHub.Signed memory said)
    {
        epoch = uint64(random & 1);
        uint64 slot = uint64((random >> 1 & 0xff) % 3);
        uint256 kind = random >> 9 & 3;
        bytes32 view_ = keccak256(abi.encode(seed, epoch, slot));
        bool skips = uint256(view_) & 1 == 1;
        if (kind == 0) return (epoch, IHub.Signed(uint8(Messages.PREPARE), slot, view_));
        if (kind == 1) {
            return (epoch, IHub.Signed(uint8(Messages.CHECKPOINT), slot, keccak256(abi.encode(view_))));
        }
        if (skips) return (epoch, IHub.Signed(uint8(Messages.SKIP), slot, 0));
        return (epoch, IHub.Signed(uint8(Messages.COMMIT), slot, view_));
    }

    /// @notice One signature, twice or with the other forged, is not two.
    function testFuzz_who_signed_one_of_them_is_innocent(uint256 forger, bytes32 one, bytes32 other)
        external
    {
        vm.assume(one != other);
        IHub.Signed memory first = IHub.Signed(1, 5, one);
        IHub.Signed memory second = IHub.Signed(1, 5, other);
        bytes32 digest = Messages.digest(hub.DOMAIN(), 1, 0, 5, one);
        _isRefused(first, second, Keys.sign(SECRET, digest));
        _isRefused(first, second, Keys.sign(2 * SECRET, digest));
        _isRefused(first, second, _signBoth(Keys.secretOf(forger, 0), 0, first, second));
        _isRefused(first, second, _signBoth(SECRET, 1, first, second));
        _isRefused(first, second, new bytes(256));
        _isRefused(first, second, "");
        _isRefused(first, second, Keys.G2_OUTSIDE);
    }

    function test_signatures_for_another_hub_do_not_convict() external {
        IHub.Signed memory first = IHub.Signed(1, 5, bytes32("one"));
        IHub.Signed memory second = IHub.Signed(1, 5, bytes32("other"));
        Hub own = hub;
        hub = deployAlone();
        bytes memory signature = _signBoth(SECRET, 0, first, second);
        hub = own;
        _isRefused(first, second, signature);
    }

    function test_a_stake_is_lost_once() external {
        IHub.Signed memory first = IHub.Signed(1, 5, bytes32("one"));
        IHub.Signed memory second = IHub.Signed(1, 5, bytes32("other"));
        bytes memory signature = _signBoth(SECRET, 0, first, second);
        hub.convict(key, 0, first, second, signature);
        vm.expectRevert(abi.encodeWithSelector(IStake.NothingToSlash.selector, LIAR));
        hub.convict(key, 0, first, second, signature);
        vm.expectRevert(abi.encodeWithSelector(IStake.NothingToWithdraw.selector, LIAR));
        vm.prank(LIAR);
        stake.withdraw();
        vm.expectRevert(abi.encodeWithSelector(IStake.NotRegistered.selector, LIAR));
        vm.prank(LIAR);
        stake.exit();
        vm.expectRevert(abi.encodeWithSelector(IStake.NotRegistered.selector, LIAR));
        vm.prank(LIAR);
        stake.addStake(1);
    }

    /// @notice Leaving does not help while the stake is bonded.
    function test_who_has_left_is_convicted_until_its_stake_is_free() external {
        vm.prank(LIAR);
        stake.exit();
        IHub.Signed memory first = IHub.Signed(1, 5, bytes32("one"));
        IHub.Signed memory second = IHub.Signed(1, 5, bytes32("other"));
        hub.convict(key, 0, first, second, _signBoth(SECRET, 0, first, second));
        (, uint96 left,) = stake.operatorOf(LIAR);
        assertEq(left, 0);
    }

    function test_others_keep_their_seats_and_their_stakes() external {
        address honest = address(0x4035);
        _register(honest, 77, STAKE_MIN);
        IHub.Signed memory first = IHub.Signed(1, 5, bytes32("one"));
        IHub.Signed memory second = IHub.Signed(1, 5, bytes32("other"));
        hub.convict(key, 0, first, second, _signBoth(SECRET, 0, first, second));
        assertEq(stake.activeOperators().length, 1);
        assertTrue(stake.activeOperators()[0] == honest, "the honest one");
        assertEq(token.balanceOf(address(stake)), STAKE_MIN);
        vm.prank(honest);
        stake.exit();
        assertEq(stake.activeOperators().length, 0);
    }

    function test_a_key_that_nobody_registered_is_nobodys() external {
        IHub.Signed memory first = IHub.Signed(1, 5, bytes32("one"));
        IHub.Signed memory second = IHub.Signed(1, 5, bytes32("other"));
        bytes memory strange = Keys.keyOf(99);
        bytes memory signature = _signBoth(99, 0, first, second);
        vm.expectRevert(abi.encodeWithSelector(IHub.UnknownKey.selector, keccak256(strange)));
        hub.convict(strange, 0, first, second, signature);
        vm.expectRevert(abi.encodeWithSelector(IHub.UnknownKey.selector, keccak256("")));
        hub.convict("", 0, first, second, signature);
    }

    function test_only_the_hub_slashes() external {
        vm.expectRevert(abi.encodeWithSelector(IStake.NotTheHub.selector, REPORTER));
        vm.prank(REPORTER);
        stake.slash(LIAR, REPORTER);
    }

    function _register(address operator, uint256 secret, uint96 amount) private {
        token.mint(operator, amount);
        vm.prank(operator);
        token.approve(address(stake), amount);
        bytes32 digest = stake.possessionDigest(operator, keccak256(Keys.keyOf(secret)));
        bytes memory possession = Keys.prove(secret, digest);
        bytes memory its = Keys.keyOf(secret);
        vm.prank(operator);
        stake.register(its, possession, networkKeyOf(operator), "", amount);
    }

    /// @dev The sum of the two signatures is the signature under the sum of the two hashes.
    function _signBoth(uint256 secret, uint64 epoch, IHub.Signed memory first, IHub.Signed memory second)
        private
        view
        returns (bytes memory)
    {
        bytes32 domain = hub.DOMAIN();
        bytes memory a =
            Keys.sign(secret, Messages.digest(domain, first.kind, epoch, first.slot, first.payload));
        bytes memory b =
            Keys.sign(secret, Messages.digest(domain, second.kind, epoch, second.slot, second.payload));
        return Keys.sum(a, b);
    }

    function _isInnocent(IHub.Signed memory first, IHub.Signed memory second) private {
        bytes memory signature = _signBoth(SECRET, 0, first, second);
        vm.expectRevert(abi.encodeWithSelector(IHub.NotConflicting.selector));
        hub.convict(key, 0, first, second, signature);
    }

    function _isRefused(IHub.Signed memory first, IHub.Signed memory second, bytes memory signature) private {
        vm.expectRevert(abi.encodeWithSelector(IHub.BadSignature.selector));
        hub.convict(key, 0, first, second, signature);
    }
}
