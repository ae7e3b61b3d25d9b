// SPDX-License-Identifier: GPL-2.0
// let_go.hpp - descriptors whose closing takes long.
#pragma once

#include "base/fd.hpp"

#include <vector>

namespace smcg {

// Hands copies of these descriptors to a process (smcg_detach) that has nothing else, and that ends, and they with it, when what is
// returned is closed.  The caller closes its own before that, which takes no time then.
// Context: any.  Return: no descriptor when there can be no such process; then closing takes as long as it does.
Fd keep_for_later(std::vector<int> descriptors);

} // namespace smcg
