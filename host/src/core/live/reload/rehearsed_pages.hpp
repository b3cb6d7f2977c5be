// SPDX-License-Identifier: Apache-2.0
// rehearsed_pages.hpp: hands the extractors of a rehearsal what endpoints have sent, and what they might send on a bad day.
#pragma once

#include <shunt/framework/endpoint_table.hpp>
#include <shunt/framework/generation.hpp>

#include <cstdint>
#include <string>
#include <vector>

#include "live/page_samples.hpp"

namespace shunt::host {

// Of the pages that the generation wants those that were sampled, as sent by the named endpoint.
void rehearse_good_pages(const Generation& generation, EndpointTable& table, const std::string& endpoint,
                         const std::vector<SampledPage>& sampled, std::int64_t now_ns);
// Each page that it wants: cut off, empty, no text, one endless line, numbers at their limits, an error page, and no answer at all. What
// extractors say of them, and remember of them, is their affair; that they come back from it is not.
void rehearse_bad_pages(const Generation& generation, EndpointTable& table, const std::string& endpoint,
                        const std::vector<SampledPage>& sampled, std::int64_t now_ns);

}  // namespace shunt::host
