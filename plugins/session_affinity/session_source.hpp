// SPDX-License-Identifier: Apache-2.0
// session_source.hpp: the parameters that both types share, and where a request says which session it belongs to.
#pragma once

#include <shunt/sdk/init.hpp>
#include <shunt/sdk/value.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace session_affinity {

inline constexpr std::string_view kParametersSchema = R"({
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "strategy": {
      "type": "string", "enum": ["encoded_endpoint_header", "session_id"], "default": "encoded_endpoint_header",
      "description": "Whether the client carries a token that names the endpoint, or the instance remembers sessions"
    },
    "profileName": {
      "type": "string", "default": "",
      "description": "Profile whose pick the session is pinned to; empty: the primary one"
    },
    "encodedEndpointHeaderConfig": {
      "type": "object", "additionalProperties": false, "default": {},
      "description": "For encoded_endpoint_header",
      "properties": {
        "header": {
          "type": "string", "minLength": 1, "default": "x-session-token",
          "description": "Header of requests and responses that carries the token"
        }
      }
    },
    "sessionIdConfig": {
      "type": "object", "additionalProperties": false, "default": {},
      "description": "For session_id",
      "properties": {
        "sources": {
          "type": "array", "default": [],
          "description": "Where the id of a session is looked for, in this order; empty: the header x-session-id",
          "items": {
            "type": "object", "additionalProperties": false,
            "properties": {
              "header": { "type": "string", "minLength": 1, "description": "Request header" },
              "attribute": { "type": "string", "minLength": 1, "description": "Request value, a text" },
              "producer": { "type": "string", "minLength": 1, "description": "Instance that writes the attribute" }
            }
          }
        },
        "evictionTtlSeconds": {
          "type": "number", "exclusiveMinimum": 0, "maximum": 1000000000, "default": 300,
          "description": "A binding that is not used for so long is gone"
        },
        "evictionSweepSeconds": {
          "type": "number", "exclusiveMinimum": 0, "default": 10,
          "description": "Accepted and without effect: expired bindings are gone at once"
        },
        "maxSessions": {
          "type": "integer", "minimum": 16, "maximum": 16777216, "default": 131072,
          "description": "Bindings that are held at most"
        }
      }
    }
  }
})";

// Finds the id of a request's session.
class SessionSource {
 public:
  // Reads sessionIdConfig/sources; throws shunt::sdk::Error for a source that says not exactly one thing.
  explicit SessionSource(shunt::sdk::Init& init);
  // The first id that is not empty; empty where there is none.
  std::string_view operator()(const shunt::sdk::Cycle& cycle) const noexcept;

 private:
  struct Source {
    std::string header;  // lower case; empty: an attribute
    shunt::sdk::Value<std::string_view> attribute;
  };
  std::vector<Source> sources_;
};

// As headers reach a plugin.
std::string lower_case(std::string text);

}  // namespace session_affinity
