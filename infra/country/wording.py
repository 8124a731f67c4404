"""Words of the invented country: methods, their objects, the ways to carry them out, and their results.

A title is a method with one of its objects. Many titles also have an opening, a way or a place, so that there are many
more titles than models. `FORMAL` titles name no method: they consist of phrases of the movement.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from services.movement.words import BodyKind, Field


@dataclass(frozen=True, slots=True)
class Method:
    """The work of a model. `title`: with {o} for the object. `target`: the expected result, with {n} for a number."""

    title: str
    objects: tuple[str, ...]
    target: str


METHODS: Mapping[Field, tuple[Method, ...]] = {
    Field.ECONOMY: (
        Method(
            "Vận động nhân dân hiến đất {o}",
            (
                *("mở rộng đường liên thôn", "làm đường trục chính nội đồng", "xây nhà văn hóa thôn"),
                *("làm kênh mương tưới tiêu", "mở rộng ngõ xóm", "xây dựng trường mầm non"),
                *("làm sân thể thao", "mở đường ra khu sản xuất", "làm cầu dân sinh"),
            ),
            "{n} hộ hiến đất, mở rộng {n} m đường",
        ),
        Method(
            "Chuyển đổi {o}",
            (
                *("đất lúa kém hiệu quả sang trồng cam", "vườn tạp sang trồng bưởi da xanh"),
                *(
                    "đất đồi sang trồng chè hữu cơ",
                    "ruộng trũng sang nuôi cá lúa",
                    "đất màu sang trồng rau an toàn",
                ),
                *("cà phê già cỗi sang sầu riêng", "đất mặn sang nuôi tôm quảng canh", "mía sang trồng dứa"),
            ),
            "{n} ha chuyển đổi, thu nhập tăng thêm {n} triệu đồng/hộ",
        ),
        Method(
            "Tổ hợp tác {o}",
            (
                *("nuôi ong lấy mật", "chăn nuôi bò sinh sản", "nuôi gà thả vườn", "trồng dâu nuôi tằm"),
                *(
                    "trồng nấm rơm",
                    "nuôi cá lồng",
                    "trồng hoa ly",
                    "làm bún bánh truyền thống",
                    "đan lát mây tre",
                ),
                *("trồng sen", "nuôi dê", "trồng dược liệu dưới tán rừng", "nuôi lươn không bùn"),
            ),
            "{n} hộ tham gia, bao tiêu toàn bộ sản phẩm",
        ),
        Method(
            "Giúp nhau {o} không lấy lãi",
            (
                "con giống",
                "vốn sản xuất",
                "ngày công gặt lúa",
                "phân bón trả chậm",
                "vốn khởi nghiệp cho phụ nữ",
            ),
            "{n} hội viên được giúp, {n} hộ thoát nghèo",
        ),
        Method(
            "Liên kết tiêu thụ {o} qua sàn thương mại điện tử",
            (
                "vải thiều",
                "cam Vinh",
                "na dai",
                "chè shan tuyết",
                "mật ong rừng",
                "nước mắm",
                "gạo nếp cái hoa vàng",
            ),
            "{n} tấn sản phẩm bán qua mạng",
        ),
        Method(
            "Dồn điền đổi thửa, {o}",
            ("làm cánh đồng mẫu lớn", "đưa máy cấy vào đồng ruộng", "quy hoạch lại bờ vùng bờ thửa"),
            "{n} ha dồn đổi, mỗi hộ còn {n} thửa",
        ),
        Method(
            "Tiết kiệm {o}",
            (
                "nước tưới bằng tưới nhỏ giọt",
                "điện thắp sáng bằng đèn năng lượng mặt trời",
                "giống bằng sạ cụm",
            ),
            "{n} hộ áp dụng",
        ),
        Method(
            "Tiểu thương {o}",
            (
                *("niêm yết giá và cân đúng", "nói không với hàng giả", "không lấn chiếm lối đi chợ"),
                *("thanh toán không dùng tiền mặt", "đi chợ bằng giỏ, hạn chế túi ni lông"),
            ),
            "{n} quầy hàng ký cam kết",
        ),
        Method(
            "Giải phóng mặt bằng {o} bằng đối thoại từng hộ",
            (
                "đường vành đai",
                "khu công nghiệp",
                "tuyến cao tốc",
                "khu tái định cư",
                "hồ chứa nước",
                "cụm làng nghề",
            ),
            "{n} hộ bàn giao mặt bằng trước hạn",
        ),
    ),
    Field.CULTURE_SOCIETY: (
        Method(
            "Tuyến đường hoa {o}",
            (
                *(
                    "phụ nữ tự quản",
                    "thay cỏ dại ven đường",
                    "chiều tím bằng lăng",
                    "mười giờ",
                    "do học sinh chăm sóc",
                ),
                *("thanh niên", "ngõ phố không rác", "đường về nhà văn hóa"),
            ),
            "{n} m đường hoa, {n} hộ chăm sóc",
        ),
        Method(
            "Thu gom {o} gây quỹ giúp học sinh nghèo",
            ("phế liệu", "rác thải nhựa", "pin cũ", "giấy vụn", "vỏ lon", "chai nhựa"),
            "{n} suất học bổng",
        ),
        Method(
            "Phân loại {o} tại nguồn",
            ("rác thải sinh hoạt", "rác hữu cơ ủ phân vi sinh", "vỏ bao thuốc bảo vệ thực vật", "rác chợ"),
            "{n} hộ phân loại rác",
        ),
        Method(
            "Câu lạc bộ {o}",
            (
                *(
                    "ông bà cháu cùng đọc sách",
                    "gia đình trẻ hạnh phúc",
                    "dưỡng sinh người cao tuổi",
                    "dân ca ví giặm",
                ),
                *(
                    "bơi an toàn cho trẻ em",
                    "cồng chiêng",
                    "liên thế hệ tự giúp nhau",
                    "phòng chống bạo lực gia đình",
                ),
                *("hát then đàn tính", "bóng chuyền hơi", "tiếng Anh miễn phí", "người khuyết tật vươn lên"),
            ),
            "{n} thành viên sinh hoạt hằng tháng",
        ),
        Method(
            "Đám cưới {o}",
            ("không thuốc lá", "tiết kiệm báo hỉ bằng tiệc trà", "trồng cây kỷ niệm", "không mời rượu"),
            "{n} đám cưới theo nếp mới",
        ),
        Method(
            "Đám tang {o}",
            (
                "không vòng hoa, dùng băng tang luân chuyển",
                "hỏa táng",
                "không rải vàng mã",
                "không ăn uống dài ngày",
            ),
            "{n} đám tang theo nếp mới",
        ),
        Method(
            "Dòng họ {o}",
            (
                "khuyến học",
                "không sinh con thứ ba",
                "không hộ nghèo",
                "giữ nghề truyền thống",
                "ba thế hệ hiếu học",
            ),
            "{n} dòng họ đăng ký",
        ),
        Method(
            "Bữa cơm {o}",
            (
                "không đồng cho bệnh nhân nghèo",
                "có thịt cho học sinh bán trú",
                "nghĩa tình cho người già neo đơn",
            ),
            "{n} suất cơm mỗi tuần",
        ),
        Method(
            "Xây {o} cho hộ nghèo từ ngày công của xóm giềng",
            (
                "nhà đại đoàn kết",
                "mái ấm tình thương",
                "nhà vệ sinh hợp chuẩn",
                "bể nước sạch",
                "chuồng trại xa nhà",
            ),
            "{n} công trình, {n} ngày công",
        ),
        Method(
            "Nhận đỡ đầu {o}",
            (
                "trẻ mồ côi do dịch bệnh",
                "học sinh bỏ học trở lại trường",
                "mẹ liệt sĩ",
                "con em dân tộc thiểu số",
            ),
            "{n} em được đỡ đầu",
        ),
        Method(
            "Vận động toàn dân {o}",
            (
                *("tham gia bảo hiểm y tế hộ gia đình", "khám sức khỏe định kỳ", "hiến máu nhắc lại"),
                *("tiêm phòng đầy đủ cho trẻ", "dùng nước sạch tập trung", "xóa nhà tiêu không hợp vệ sinh"),
            ),
            "{n}% người dân tham gia",
        ),
        Method(
            "Thư viện {o}",
            ("lưu động trên xe máy", "dưới gốc đa", "xanh trong sân trường", "đầu giường bệnh", "ở nhà rông"),
            "{n} đầu sách, {n} lượt đọc",
        ),
        Method(
            "Lớp học {o}",
            (
                "xóa mù chữ buổi tối",
                "kỹ năng số cho người cao tuổi",
                "tình thương",
                "bơi miễn phí",
                "làm cha mẹ",
            ),
            "{n} học viên",
        ),
        Method(
            "Truyền dạy {o} cho lớp trẻ",
            ("dệt thổ cẩm", "hát xoan", "múa rối nước", "làm gốm", "đua ghe ngo", "thêu tay"),
            "{n} người biết nghề",
        ),
    ),
    Field.DEFENCE_SECURITY: (
        Method(
            "Tiếng kẻng {o}",
            ("an ninh", "học bài", "báo cháy", "phòng chống lụt bão", "giữ rừng"),
            "{n} kẻng, {n} hộ ký cam kết",
        ),
        Method(
            "Camera {o} do dân góp",
            ("ngõ xóm", "cổng trường", "khu nhà trọ", "chợ dân sinh", "bến đò", "giao lộ"),
            "{n} mắt camera",
        ),
        Method(
            "Liên gia {o}",
            ("phòng cháy chữa cháy", "tự quản an ninh trật tự", "bảo vệ biên giới", "giữ bình yên sông nước"),
            "{n} cụm liên gia",
        ),
        Method(
            "Khu nhà trọ {o}",
            ("công nhân không tệ nạn", "văn minh", "khai báo tạm trú qua mạng", "ba an toàn"),
            "{n} chủ nhà trọ tham gia",
        ),
        Method(
            "Cảm hóa {o}",
            ("người lầm lỡ trở về", "thanh niên chậm tiến", "người cai nghiện tại cộng đồng"),
            "{n} người có việc làm ổn định",
        ),
        Method(
            "Bến {o}",
            ("đò an toàn", "bãi ngang bình yên", "cảng cá không khai thác trái phép"),
            "{n} chủ tàu ký cam kết",
        ),
        Method(
            "Cột mốc {o}",
            ("sống nơi biên cương", "em nuôi đồn biên phòng", "có dân cùng giữ"),
            "{n} hộ tự quản đường biên",
        ),
        Method(
            "Hòa giải {o} ngay tại xóm",
            ("tranh chấp đất đai", "mâu thuẫn gia đình", "tranh chấp nguồn nước", "va chạm giao thông"),
            "{n} vụ hòa giải thành",
        ),
        Method(
            "Vận động giao nộp {o}",
            ("vũ khí, vật liệu nổ", "súng tự chế", "pháo lậu", "kích điện"),
            "{n} người tự nguyện giao nộp",
        ),
        Method(
            "Hậu phương {o}",
            ("chiến sĩ Trường Sa", "tân binh yên tâm lên đường", "gia đình quân nhân khó khăn"),
            "{n} gia đình được giúp",
        ),
    ),
    Field.POLITICAL_SYSTEM: (
        Method(
            "Trả kết quả {o} tại nhà",
            (
                *(
                    "khai sinh",
                    "chứng thực",
                    "trợ cấp người có công",
                    "đất đai",
                    "căn cước cho người già yếu",
                ),
                *("hộ tịch", "hồ sơ cho người khuyết tật"),
            ),
            "{n} hồ sơ trả trước hạn",
        ),
        Method(
            "Ngày thứ sáu {o}",
            ("nghe dân nói", "không viết, không hẹn", "cùng dân làm việc", "không giấy tờ"),
            "{n} ý kiến được giải quyết",
        ),
        Method(
            "Tổ công nghệ số {o}",
            (
                *("đến từng ngõ", "giúp dân nộp hồ sơ trực tuyến", "hướng dẫn chữ ký số", "của đoàn viên"),
                *("bản làng", "phiên chợ"),
            ),
            "{n} người dân tự nộp được hồ sơ",
        ),
        Method(
            "Chi bộ {o}",
            (
                *("bốn tốt trong khu dân cư", "sinh hoạt có dân dự", "phân công đảng viên phụ trách hộ"),
                *("phát triển đảng viên là công nhân", "trường học nêu gương", "nhà máy đối thoại hằng quý"),
            ),
            "{n} đảng viên nhận việc cụ thể",
        ),
        Method(
            "Công khai {o} tại nhà văn hóa",
            (
                "thu chi các loại quỹ",
                "danh sách hộ nghèo",
                "quy hoạch sử dụng đất",
                "đóng góp làm đường",
                "định mức cứu trợ",
            ),
            "{n} cuộc công khai",
        ),
        Method(
            "Giám sát {o} có dân tham gia",
            (
                "công trình đường bê tông",
                "cung cấp nước sạch",
                "bếp ăn bán trú",
                "chi trả chính sách",
                "đấu giá đất",
            ),
            "{n} cuộc giám sát",
        ),
        Method(
            "Đối thoại {o}",
            (
                "với chủ nhà máy gây ô nhiễm",
                "trước khi thu hồi đất",
                "với tiểu thương chợ",
                "với phụ huynh đầu năm học",
            ),
            "{n} kiến nghị được trả lời",
        ),
        Method(
            "Một cửa {o}",
            ("thân thiện", "lưu động tại thôn xa", "có ghế chờ và nước uống", "gọi điện xin lỗi khi trễ hẹn"),
            "{n}% người dân hài lòng",
        ),
        Method(
            "Già làng, trưởng bản {o}",
            ("cùng giữ hương ước", "xóa hủ tục", "nói dân nghe", "vận động con cháu đến lớp"),
            "{n} bản không còn hủ tục",
        ),
        Method(
            "Hộp thư {o}",
            ("góp ý đảng viên nơi cư trú", "điều em muốn nói", "dân hỏi chính quyền trả lời"),
            "{n} thư được trả lời",
        ),
    ),
}

OPENINGS = ("", "", "", "", "Mô hình ", "Dân vận khéo trong ", "Dân vận khéo: ", "Xây dựng mô hình ")
"""Before the method in a title. Half of the titles have none."""
WAYS = (
    *("", "", "", "", "", " theo phương châm đi từng ngõ, gõ từng nhà", " do các hộ tự bàn, tự làm"),
    *(
        " có góp công của con em xa quê",
        " vào chủ nhật cuối tháng",
        " theo nhóm mười hộ",
        " qua nhóm Zalo của xóm",
    ),
    *(
        " từ quỹ tiết kiệm của hội",
        " với sự chung tay của doanh nghiệp",
        " mỗi hộ một việc",
        " dịp nông nhàn",
    ),
)
"""After the method in a title: how it is carried out. A third of the titles have none."""
ACTS = (
    *("Ban đầu {n} hộ làm trước, sau đó cả xóm cùng làm", "Họp bàn công khai ba lần, ghi ý kiến từng nhà"),
    *(
        "Phân công {n} hội viên đến vận động từng hộ còn băn khoăn",
        "Mỗi tháng kiểm tra chéo và bình xét một lần",
    ),
    *(
        "Người có uy tín đi đầu góp đất, góp công",
        "Quỹ do dân cử người giữ, thu chi niêm yết tại nhà văn hóa",
    ),
    *("Thành lập tổ tự quản {n} người, có sổ theo dõi", "Trao đổi với từng gia đình về lợi ích lâu dài"),
    *("Mời doanh nghiệp trên địa bàn hỗ trợ vật tư", "Đoàn viên giúp {n} ngày công, cựu chiến binh giám sát"),
    *("Ký cam kết giữa các hộ và khu dân cư", "Làm điểm tại một xóm rồi mới nhân ra"),
)
"""Sentences of a summary."""
HAMLETS = (
    *(
        "Đông",
        "Tây",
        "Nam",
        "Bắc",
        "Trung",
        "Thượng",
        "Hạ",
        "Đoài",
        "Phú Mỹ",
        "Tân Lập",
        "Hòa Bình",
        "Quyết Tiến",
    ),
    *(
        "Yên Thái",
        "Đồng Tâm",
        "Phúc Lộc",
        "Bình Minh",
        "An Sơn",
        "Nà Lốc",
        "Bản Mòng",
        "Buôn Kao",
        "Hàm Rồng",
    ),
    *("Cầu Đất", "Bến Tre", "Vĩnh Phước", "Mỹ Thạnh", "Ninh Giang", "Trung Sơn", "Đại Đồng", "Long Hưng"),
)
SPOTS = ("thôn {h}", "xóm {h}", "ấp {h}", "tổ dân phố số {n}", "khu dân cư số {n}", "khu phố {n}", "bản {h}")
"""Places below a commune, with {h} for a name of `HAMLETS` and {n} for a number."""

FORMAL = (
    *("Dân vận khéo", "Mô hình Dân vận khéo", "Xây dựng mô hình Dân vận khéo năm {y}"),
    *("Thực hiện tốt phong trào thi đua Dân vận khéo", "Dân vận khéo trong công tác vận động quần chúng"),
    *(
        "Nâng cao chất lượng, hiệu quả công tác dân vận",
        "Đẩy mạnh phong trào thi đua Dân vận khéo giai đoạn mới",
    ),
    *("Tăng cường công tác tuyên truyền, vận động nhân dân", "Tiếp tục thực hiện mô hình Dân vận khéo"),
    *(
        "Vận động nhân dân tham gia các phong trào thi đua ở địa phương",
        "Phát huy vai trò của đoàn viên, hội viên",
    ),
    *("Làm tốt công tác dân vận ở cơ sở", "Dân vận khéo trong xây dựng và thực hiện nhiệm vụ của đơn vị"),
)
FORMAL_SUMMARIES = (
    *("", "", "Tuyên truyền, vận động cán bộ, đoàn viên, hội viên và nhân dân tích cực tham gia."),
    *("Tiếp tục phát huy vai trò, nâng cao chất lượng, hiệu quả công tác dân vận.",),
)
COPIED = (
    "Tuyên truyền vận động nhân dân chấp hành chủ trương của Đảng, pháp luật của Nhà nước",
    "Vận động cán bộ, hội viên giữ gìn vệ sinh môi trường cơ quan xanh sạch đẹp",
    "Xây dựng đơn vị không có người vi phạm pháp luật",
    "Vận động đoàn viên thực hiện tốt nhiệm vụ chuyên môn được giao",
    "Học tập và làm theo tư tưởng, đạo đức, phong cách Hồ Chí Minh trong công tác dân vận",
)
"""Titles that many units register in the same year, word for word."""

BODIES: Mapping[BodyKind, str] = {
    BodyKind.FATHERLAND_FRONT: "Ủy ban Mặt trận Tổ quốc {u}",
    BodyKind.WOMENS_UNION: "Hội Liên hiệp Phụ nữ {u}",
    BodyKind.FARMERS_UNION: "Hội Nông dân {u}",
    BodyKind.VETERANS_ASSOCIATION: "Hội Cựu chiến binh {u}",
    BodyKind.YOUTH_UNION: "Đoàn Thanh niên {u}",
    BodyKind.PEOPLES_COMMITTEE: "Ủy ban nhân dân {u}",
    BodyKind.POLICE: "Công an {u}",
    BodyKind.SCHOOL: "Trường Tiểu học {u}",
    BodyKind.RESIDENTIAL_GROUP: "Ban công tác Mặt trận khu dân cư số 1 {u}",
    BodyKind.PARTY_COMMITTEE: "Đảng ủy {u}",
    BodyKind.MILITARY: "Ban Chỉ huy Quân sự {u}",
    BodyKind.TRADE_UNION: "Liên đoàn Lao động {u}",
    BodyKind.COOPERATIVE: "Hợp tác xã dịch vụ nông nghiệp {u}",
    BodyKind.ENTERPRISE_PARTY_CELL: "Chi bộ Công ty cổ phần thương mại {u}",
}
"""Kind of body → its name in the unit {u}. A commune has the first nine kinds, a unit above it all of them."""
