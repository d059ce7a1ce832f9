// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {Base} from "./Base.sol";
import {Handler} from "./Handler.sol";

contract InvariantsTest is Base {
    Handler internal handler;

    function setUp() public {
        handler = new Handler();
    }

    /// @dev Read by forge: what it may call.
    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    function invariant_a_head_moves_by_one_forward_and_by_honest_moves_only() external view {
        vm.assertFalse(handler.sizeFell(), "a size fell");
        vm.assertFalse(handler.sequenceJumped(), "a sequence did not step by one");
        vm.assertFalse(handler.attackSucceeded(), "an attack moved a head");
        vm.assertTrue(handler.agrees(), "the kept heads and roots differ from the oracle's");
    }
}
