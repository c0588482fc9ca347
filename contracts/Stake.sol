// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {BLS12381, G1} from "./BLS12381.sol";
import {Earnings} from "./Earnings.sol";
import {Messages} from "./Messages.sol";
import {IHub} from "./interfaces/IHub.sol";
import {IStake} from "./interfaces/IStake.sol";

/// @title Stake
contract Stake is IStake {
    using SafeERC20 for IERC20;
    using Earnings for Earnings.Meter;
    using Earnings for Earnings.Account;

    /// @dev Seats of a committee: as many as nodes let into one.
    uint256 private constant OPERATORS_MAX = 128;
    /// @dev Of what is slashed, the reporter has one part in so many; the rest is out of everyone's reach, or a validator
    /// that reported itself would lose nothing.
    uint96 private constant REPORTER_PART = 20;
    address private constant BURNT = address(0xdead);

    /// @param lastEpoch Once it has left, the last epoch in whose committee it may sit.
    /// @param position In `_active`, counted from 1; zero for one that does not take part.
    struct Operator {
        bytes32 keyHash;
        bytes32 networkKey;
        uint96 stake;
        uint64 lastEpoch;
        uint32 position;
        Earnings.Account account;
    }

    /// @inheritdoc IStake
    IERC20 public immutable TOKEN;
    /// @inheritdoc IStake
    address public immutable HUB;
    /// @inheritdoc IStake
    uint96 public immutable STAKE_MIN;
    /// @inheritdoc IStake
    uint64 public immutable UNBONDING;

    mapping(address operator => Operator) private _operators;
    /// @inheritdoc IStake
    mapping(bytes32 keyHash => address) public ownerOf;
    /// @inheritdoc IStake
    mapping(bytes32 networkKey => address) public ownerOfNetworkKey;
    address[] private _active;
    Earnings.Meter private _meter;

    constructor(IERC20 token, uint96 stakeMin, uint64 unbonding) {
        TOKEN = token;
        HUB = msg.sender;
        STAKE_MIN = stakeMin;
        UNBONDING = unbonding;
    }

    /// @inheritdoc IStake
    function register(
        bytes calldata key,
        bytes calldata possession,
        bytes32 networkKey,
        string calldata multiaddr,
        uint96 amount
    ) external {
        Operator storage operator = _operators[msg.sender];
        if (operator.keyHash != 0) revert AlreadyRegistered(msg.sender);
        if (amount < STAKE_MIN) revert StakeTooSmall(amount, STAKE_MIN);
        if (_active.length == OPERATORS_MAX) revert Full();
        if (key.length != BLS12381.KEY_BYTES) revert BadKey();
        bytes32 keyHash = keccak256(key);
        if (ownerOf[keyHash] != address(0)) revert KeyTaken(keyHash);
        if (networkKey == 0) revert BadKey();
        if (ownerOfNetworkKey[networkKey] != address(0)) revert KeyTaken(networkKey);
        // The pairing refuses every other encoding that is not a key; infinity alone would pass it.
        G1 point = BLS12381.load(key);
        if (point.isInfinity()) revert BadKey();
        bytes32 digest = possessionDigest(msg.sender, keyHash);
        if (!BLS12381.verify(point, digest, Messages.POSSESSION_DST, possession)) revert BadPossession();

        _active.push(msg.sender);
        operator.keyHash = keyHash;
        operator.networkKey = networkKey;
        operator.stake = amount;
        operator.position = uint32(_active.length);
        operator.account.add(_meter, amount);
        ownerOf[keyHash] = msg.sender;
        ownerOfNetworkKey[networkKey] = msg.sender;
        emit Registered(msg.sender, keyHash, key, networkKey, multiaddr, amount);
        TOKEN.safeTransferFrom(msg.sender, address(this), amount);
    }

    /// @inheritdoc IStake
    function addStake(uint96 amount) external {
        Operator storage operator = _operators[msg.sender];
        if (operator.position == 0) revert NotRegistered(msg.sender);
        operator.stake += amount;
        operator.account.add(_meter, amount);
        emit StakeAdded(msg.sender, amount, operator.stake);
        TOKEN.safeTransferFrom(msg.sender, address(this), amount);
    }

    /// @inheritdoc IStake
    function exit() external {
        Operator storage operator = _operators[msg.sender];
        if (operator.position == 0) revert NotRegistered(msg.sender);
        _leave(operator);
        // A committee that is prepared may hold it, though it has not begun.
        uint64 lastEpoch = IHub(HUB).preparedEpoch();
        operator.lastEpoch = lastEpoch;
        emit Exited(msg.sender, lastEpoch);
    }

    /// @inheritdoc IStake
    function slash(address offender, address reporter) external {
        if (msg.sender != HUB) revert NotTheHub(msg.sender);
        Operator storage operator = _operators[offender];
        uint96 amount = operator.stake;
        if (amount == 0) revert NothingToSlash(offender);
        if (operator.position != 0) _leave(operator);
        operator.stake = 0;
        uint96 part = amount / REPORTER_PART;
        emit Slashed(offender, reporter, amount, part);
        TOKEN.safeTransfer(reporter, part);
        TOKEN.safeTransfer(BURNT, amount - part);
    }

    /// @dev It earns no more, and the last one takes its place.
    function _leave(Operator storage operator) private {
        operator.account.remove(_meter, operator.stake);
        uint32 position = operator.position;
        address last = _active[_active.length - 1];
        _active[position - 1] = last;
        _operators[last].position = position;
        _active.pop();
        operator.position = 0;
    }

    /// @inheritdoc IStake
    function withdraw() external {
        Operator storage operator = _operators[msg.sender];
        uint96 amount = operator.stake;
        if (operator.position != 0 || amount == 0) revert NothingToWithdraw(msg.sender);
        uint64 endedAt = IHub(HUB).endedAt(operator.lastEpoch);
        if (endedAt == 0) revert StillBonded(operator.lastEpoch, 0);
        if (block.timestamp < endedAt + UNBONDING) {
            revert StillBonded(operator.lastEpoch, endedAt + UNBONDING);
        }
        operator.stake = 0;
        emit Withdrawn(msg.sender, amount);
        TOKEN.safeTransfer(msg.sender, amount);
    }

    /// @inheritdoc IStake
    function reward(uint96 amount) external {
        _meter.spread(amount);
        emit Rewarded(msg.sender, amount);
        TOKEN.safeTransferFrom(msg.sender, address(this), amount);
    }

    /// @inheritdoc IStake
    function claim() external returns (uint256 amount) {
        amount = _operators[msg.sender].account.take(_meter);
        emit Claimed(msg.sender, amount);
        TOKEN.safeTransfer(msg.sender, amount);
    }

    /// @inheritdoc IStake
    function begin(uint64 epoch) external {
        if (msg.sender != HUB) revert NotTheHub(msg.sender);
        _meter.begin(epoch);
    }

    /// @inheritdoc IStake
    function earnedBy(address operator) external view returns (uint256) {
        return _operators[operator].account.earned(_meter);
    }

    /// @inheritdoc IStake
    function membersOf(bytes calldata keys)
        external
        view
        returns (bytes memory records, bytes memory networkKeys)
    {
        uint256 count = _active.length;
        if (keys.length != count * BLS12381.KEY_BYTES) revert WrongMembers(count);
        records = new bytes(count * (BLS12381.KEY_BYTES + 8));
        networkKeys = new bytes(count * 32);
        for (uint256 i = 0; i < count; i++) {
            Operator storage operator = _operators[_active[i]];
            bytes calldata key = keys[i * BLS12381.KEY_BYTES:(i + 1) * BLS12381.KEY_BYTES];
            if (keccak256(key) != operator.keyHash) revert WrongMembers(i);
            bytes32 networkKey = operator.networkKey;
            // Written in place: a concatenation would copy all before it, for every member.
            assembly ("memory-safe") {
                let record := add(add(records, 0x20), mul(i, 104))
                calldatacopy(record, key.offset, 96)
                mstore8(add(record, 103), 1)
                mstore(add(add(networkKeys, 0x20), mul(i, 32)), networkKey)
            }
        }
    }

    /// @inheritdoc IStake
    function possessionDigest(address operator, bytes32 keyHash) public view returns (bytes32) {
        return Messages.possession(address(this), operator, keyHash);
    }

    /// @inheritdoc IStake
    function operatorOf(address operator)
        external
        view
        returns (bytes32 keyHash, uint96 stake, bool isActive)
    {
        Operator storage found = _operators[operator];
        return (found.keyHash, found.stake, found.position != 0);
    }

    /// @inheritdoc IStake
    function activeOperators() external view returns (address[] memory) {
        return _active;
    }
}
