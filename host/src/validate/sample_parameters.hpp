// SPDX-License-Identifier: Apache-2.0
// sample_parameters.hpp: parameters that a schema accepts, for plugins that nobody gave any.
#pragma once

#include <boost/json/value.hpp>
#include <shunt/framework/parameters.hpp>
#include <string>
#include <vector>

namespace shunt::validate {

// Candidates in the order in which they should be tried: what is required and the defaults; then every optional property
// too. Each is complete: defaults are filled in, and the schema accepts it. `word` stands for texts that nothing says
// anything about.
std::vector<boost::json::value> sample_parameters(const Schema& schema, const std::string& word);

// One object per value at the edge of what the schema allows: enum words, least and greatest numbers, both flags. Each is
// `base` with one property changed, and accepted by the schema.
struct EdgeParameters {
  std::string what;  // "/ties = \"first\""
  boost::json::value parameters;
};
std::vector<EdgeParameters> edge_parameters(const Schema& schema, const boost::json::value& base);

// `base` with one property of another type each, whatever the schema says: what a host that checks nothing would pass on.
std::vector<EdgeParameters> wrong_parameters(const Schema& schema, const boost::json::value& base);

bool accepts(const Schema& schema, const boost::json::value& parameters);

}  // namespace shunt::validate
