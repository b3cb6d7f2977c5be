// SPDX-License-Identifier: Apache-2.0
// Pages over TLS: certificates that are right, and those that are not.
#include "running_host.hpp"

#include <gmock/gmock.h>
#include <openssl/ssl.h>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <filesystem>

#include "scripted_server.hpp"

namespace {

using namespace shunt::host;
using namespace shunt::host::testing;
using Client = ScriptedServer::Client;
namespace fs = std::filesystem;

class Tls : public ::testing::Test {
 protected:
  Tls() {
    std::signal(SIGPIPE, SIG_IGN);  // as the program does
    std::string pattern = ::testing::TempDir() + "shunt-tls-XXXXXX";
    folder = ::mkdtemp(pattern.data());
    make("server", "/CN=pod-0", "subjectAltName=IP:127.0.0.1,DNS:pod-0.test");
    make("stranger", "/CN=stranger", "subjectAltName=IP:127.0.0.1");
    context = SSL_CTX_new(TLS_server_method());
    SSL_CTX_use_certificate_chain_file(context, (folder / "server.pem").c_str());
    SSL_CTX_use_PrivateKey_file(context, (folder / "server.key").c_str(), SSL_FILETYPE_PEM);
  }
  ~Tls() override {
    SSL_CTX_free(context);
    fs::remove_all(folder);
  }
  void make(const std::string& name, const std::string& subject, const std::string& extension) const {
    const std::string command =
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj " + subject +
        " -addext " + extension + " -keyout " + (folder / (name + ".key")).string() + " -out " +
        (folder / (name + ".pem")).string() + " 2>/dev/null";
    if (std::system(command.c_str()) != 0) throw std::runtime_error("openssl makes no certificate");
  }
  ScriptedServer::Script script() const {
    return [this](Client& client) {
      SSL* const tls = SSL_new(context);
      SSL_set_fd(tls, client.descriptor());
      std::string request;
      char bytes[1000];
      pollfd one{client.descriptor(), POLLIN, 0};
      while (::poll(&one, 1, 20) <= 0 && !client.ending()) {
      }
      if (!client.ending() && SSL_accept(tls) == 1) {
        while (!client.ending()) {
          if (SSL_pending(tls) == 0 && ::poll(&one, 1, 20) <= 0) continue;
          const int n = SSL_read(tls, bytes, sizeof bytes);
          if (n <= 0 && SSL_get_error(tls, n) == SSL_ERROR_ZERO_RETURN) {
            farewells.fetch_add(1);
            farewells.notify_all();
          }
          if (n <= 0) break;
          request.append(bytes, static_cast<std::size_t>(n));
          if (!request.ends_with("\r\n\r\n")) continue;
          request.clear();
          // More than one record.
          const std::string answer = page("vllm:num_requests_waiting 4\n" + std::string(40'000, '#') + "\n");
          SSL_write(tls, answer.data(), static_cast<int>(answer.size()));
        }
      }
      SSL_free(tls);
    };
  }
  std::string config(const std::string& tls, bool checks = true) const {
    return std::string(R"("plugins": [{"type": "prometheus-extractor"}, {"type": "queue-scorer"},
        {"type": "max-score-picker"}], "dataLayer": {"healthCheck": {"enabled": )") +
           (checks ? "true" : "false") + R"(}}, "upstream": {"tls": {"enabled": true)" + tls + "}}";
  }
  std::string ca(const std::string& name) const {
    return R"(, "caFile": ")" + (folder / (name + ".pem")).string() + '"';
  }

  fs::path folder;
  SSL_CTX* context = nullptr;
  mutable std::atomic<int> farewells{0};  // connections that were ended with close_notify
};

TEST_F(Tls, PagesComeOverOneConnection) {
  ScriptedServer server(script());
  RunningHost host(config(ca("server")));
  host.put({{"pod-0", server.address()}});
  ASSERT_TRUE(host.until([&] { return host.number("pod-0", "queue") == 4.0; }));
  DataLayerCounts& counts = host.live().data_layer_counts();
  ASSERT_TRUE(host.until([&] { return counts.fetches[0] >= 5 && counts.health_checks[0] >= 1; }));
  EXPECT_EQ(server.connections, 1);
}

TEST_F(Tls, AConnectionEndsWithAFarewell) {
  ScriptedServer server(script());
  {
    RunningHost host(config(ca("server"), false));
    host.put({{"pod-0", server.address()}});
    ASSERT_TRUE(host.until([&] { return host.number("pod-0", "queue") == 4.0; }));
    EXPECT_EQ(farewells, 0);
  }
  farewells.wait(0);  // for ever where none comes: the time limit of the test tells
  EXPECT_EQ(farewells, 1);
}

TEST_F(Tls, AServerThatWantsACertificateGetsIt) {
  SSL_CTX_load_verify_locations(context, (folder / "stranger.pem").c_str(), nullptr);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  ScriptedServer server(script());
  {
    RunningHost host(config(ca("server"), false));
    host.put({{"pod-0", server.address()}});
    DataLayerCounts& counts = host.live().data_layer_counts();
    // With TLS 1.3 the client's side of the handshake is over when it is told.
    ASSERT_TRUE(host.until([&] {
      return counts.fetches[static_cast<std::size_t>(FetchResult::Tls)] +
                 counts.fetches[static_cast<std::size_t>(FetchResult::Broken)] >=
             2;
    }));
    EXPECT_EQ(counts.fetches[0], 0);
  }
  RunningHost host(config(ca("server") + R"(, "certificateFile": ")" + (folder / "stranger.pem").string() +
                              R"(", "keyFile": ")" + (folder / "stranger.key").string() + '"',
                          false));
  host.put({{"pod-0", server.address()}});
  ASSERT_TRUE(host.until([&] { return host.number("pod-0", "queue") == 4.0; }));
}

TEST_F(Tls, StrangersAreNotBelieved) {
  ScriptedServer server(script());
  RunningHost host(config(ca("stranger"), false));
  host.put({{"pod-0", server.address()}});
  DataLayerCounts& counts = host.live().data_layer_counts();
  ASSERT_TRUE(host.until([&] { return counts.fetches[static_cast<std::size_t>(FetchResult::Tls)] >= 2; }));
  ASSERT_TRUE(host.until([&] { return !host.picture()->statuses->at(0).problem.empty(); }));
  EXPECT_THAT(host.picture()->statuses->at(0).problem, ::testing::HasSubstr("certificate"));
}

TEST_F(Tls, TheNameHasToFit) {
  ScriptedServer server(script());
  {
    RunningHost host(config(ca("server") + R"(, "serverName": "other.test")", false));
    host.put({{"pod-0", server.address()}});
    DataLayerCounts& counts = host.live().data_layer_counts();
    ASSERT_TRUE(host.until([&] { return counts.fetches[static_cast<std::size_t>(FetchResult::Tls)] >= 2; }));
  }
  RunningHost host(config(ca("server") + R"(, "serverName": "pod-0.test")", false));
  host.put({{"pod-0", server.address()}});
  ASSERT_TRUE(host.until([&] { return host.number("pod-0", "queue") == 4.0; }));
}

TEST_F(Tls, ItCanGoUnchecked) {
  ScriptedServer server(script());
  RunningHost host(config(R"(, "verify": false)", false));
  host.put({{"pod-0", server.address()}});
  ASSERT_TRUE(host.until([&] { return host.number("pod-0", "queue") == 4.0; }));
}

TEST_F(Tls, AServerWithoutTlsFailsTheHandshake) {
  ScriptedServer server([](Client& client) {
    client.send("HTTP/1.1 400 Bad Request\r\n\r\n");
    client.hold();
  });
  RunningHost host(config(ca("server"), false));
  host.put({{"pod-0", server.address()}});
  DataLayerCounts& counts = host.live().data_layer_counts();
  ASSERT_TRUE(host.until([&] { return counts.fetches[static_cast<std::size_t>(FetchResult::Tls)] >= 1; }));
}

TEST_F(Tls, AFileThatIsNoneEndsTheStart) {
  EXPECT_THROW(RunningHost(config(R"(, "caFile": "/no-such-file")")), std::runtime_error);
}

}  // namespace
