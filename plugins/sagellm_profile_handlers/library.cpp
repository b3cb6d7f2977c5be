// SPDX-License-Identifier: Apache-2.0
#include "pd_phase_profile_handler.hpp"
#include "policy_handlers.hpp"

using sagellm::AdaptiveProfileHandler;
using sagellm::CostOptimizedProfileHandler;
using sagellm::FifoProfileHandler;
using sagellm::PdPhaseProfileHandler;
using sagellm::PriorityProfileHandler;
using sagellm::SloAwareProfileHandler;

SHUNT_LIBRARY(FifoProfileHandler, PriorityProfileHandler, SloAwareProfileHandler, CostOptimizedProfileHandler,
              AdaptiveProfileHandler, PdPhaseProfileHandler)
