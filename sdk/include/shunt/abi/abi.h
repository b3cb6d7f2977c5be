// SPDX-License-Identifier: Apache-2.0
// abi.h: the whole stable part of the shunt C ABI in one include. Drafts are included one by one.
// Version 1.0, release candidate 2.
#pragma once

#include <shunt/abi/base.h>
#include <shunt/abi/column.h>
#include <shunt/abi/cycle.h>
#include <shunt/abi/explain.h>
#include <shunt/abi/extractor.h>
#include <shunt/abi/filter.h>
#include <shunt/abi/host.h>
#include <shunt/abi/library.h>
#include <shunt/abi/manifest.h>
#include <shunt/abi/observer.h>
#include <shunt/abi/picker.h>
#include <shunt/abi/producer.h>
#include <shunt/abi/profile_handler.h>
#include <shunt/abi/request.h>
#include <shunt/abi/scorer.h>
#include <shunt/abi/state.h>
#include <shunt/abi/swapper.h>
