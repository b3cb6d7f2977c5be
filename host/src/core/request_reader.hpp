// SPDX-License-Identifier: Apache-2.0
// request_reader.hpp: one entry of the requests file as a Request.
#pragma once

#include <boost/json/object.hpp>
#include <shunt/framework/request.hpp>
#include <string>

#include "field_reader.hpp"

namespace shunt::host {

// False, after a complaint, where there is something wrong with the entry.
bool read_request(const InputFile& file, const boost::json::object& object, const std::string& pointer,
                  Request& request);

}  // namespace shunt::host
