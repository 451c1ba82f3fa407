/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the states of a bus are called, and what a person can do about each.
 */
#include "common/bus.h"

static const struct {
    const char *name;
    const char *remedy, *remedy_zh;
} states[BUS_STATES] = {
    [BUS_DISCONNECTED] = {"disconnected", "the connection broke; it is tried again by itself",
                          "连接中断，会自动重试"},
    [BUS_CONNECTING] = {"connecting", "nothing to do yet", "请稍候"},
    [BUS_CONNECTED] = {"connected", "nothing to do", "无需处理"},
    [BUS_UNREACHABLE] = {"unreachable",
                         "check the network, the firewall between, and the broker's host and port",
                         "无法建立TCP连接：请检查网络、防火墙和地址"},
    [BUS_LOGIN_REFUSED] = {"login-refused",
                           "check user name and password against the broker's password file",
                           "请核对用户名和密码与代理的密码文件"},
    [BUS_NOT_AUTHORISED] = {"not-authorised",
                            "check the broker's ACL: it must name this user, operator and probe",
                            "请检查代理的ACL：其中须有本用户、运营商和探针"},
    [BUS_TLS_FAILED] = {"tls-failed",
                        "check that the port speaks TLS 1.2 or later, and that the CA, "
                        "certificate and key files can be read and belong together",
                        "TLS握手失败：请检查端口是否为TLS端口，以及ca_file、cert_file与key_"
                        "file是否可读且相互匹配"},
    [BUS_PROTOCOL_ERROR] = {"protocol-error",
                            "the broker must speak MQTT 5; see its log for what it objects to",
                            "代理拒绝：请查看代理的日志"},
    [BUS_CONNECTION_REFUSED] = {"connection-refused",
                                "nothing listens there: check that the broker runs, and its port",
                                "该端口无人监听：请检查代理是否运行，端口是否正确"},
    [BUS_UNRESOLVED] = {"name-unresolved",
                        "check the broker's host name and this machine's name server",
                        "主机名无法解析：请检查名称和DNS"},
    [BUS_CERTIFICATE_EXPIRED] = {"certificate-expired",
                                 "renew the broker's certificate; where it is in date, this "
                                 "machine's clock is ahead",
                                 "代理的证书已过期：请更换；若未过期，则本机时钟偏快"},
    [BUS_CLOCK_WRONG] = {"clock-wrong",
                         "set this machine's clock (NTP): the broker's certificate is not valid "
                         "at the time that it shows",
                         "代理的证书尚未生效：请校准本机时钟"},
    [BUS_CA_UNKNOWN] = {"ca-unknown",
                        "install the authority that signed the broker's certificate as CA file",
                        "代理的证书由其他机构签发：请检查ca_file"},
    [BUS_HOST_MISMATCH] = {"host-mismatch",
                           "use the host's name as the broker's certificate has it, or have one "
                           "made that names this host",
                           "代理的证书写的是其他主机名：请核对host"},
    [BUS_CERTIFICATE_REFUSED] =
        {"certificate-refused",
         "the broker does not take this machine's certificate: check that "
         "there is one, that it is in date, and the broker's CA",
         "代理拒绝本机的证书：可能已吊销、过期或尚未生效；请核对时钟，或用lastmile enrol --renew"},
};

const char *bus_state_name(enum bus_state state)
{
    return state < BUS_STATES ? states[state].name : "?";
}

const char *bus_state_remedy(enum bus_state state)
{
    return state < BUS_STATES ? states[state].remedy : "?";
}

const char *bus_state_remedy_zh(enum bus_state state)
{
    return state < BUS_STATES ? states[state].remedy_zh : "?";
}
